package io.maru.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The passwords of one data directory: made at its first start and kept beside the data, since PostgreSQL stores its own.
 * Where the file was damaged there are new ones, which {@link PostgresServer} then gives to its roles.
 *
 * @param postgresAdmin of the superuser {@code postgres}, which no service uses
 * @param postgres of the role {@code maru}
 * @param s3 the secret key that belongs to the access key {@code maru}
 */
record Secrets(String postgresAdmin, String postgres, String s3) {
    private static final int BYTES = 24;

    static Secrets of(Path data) throws IOException {
        ObjectMapper json = new ObjectMapper();
        Path file = data.resolve("secrets.json");
        if (Files.exists(file)) {
            try {
                Secrets kept = json.readValue(Files.readString(file), Secrets.class);
                if (kept.postgresAdmin != null && kept.postgres != null && kept.s3 != null) {
                    return kept;
                }
            } catch (JsonProcessingException e) {
                System.err.println(file + ": damaged (expected: three passwords); new ones are made");
            }
        }
        SecureRandom random = new SecureRandom();
        Secrets secrets = new Secrets(next(random), next(random), next(random));
        PrivateFile.write(file, json.writeValueAsString(secrets));
        return secrets;
    }

    /** Tells whether PostgreSQL was given this password already; in lowercase hexadecimal. */
    String postgresAdminDigest() {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256")
                            .digest(postgresAdmin.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static String next(SecureRandom random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
