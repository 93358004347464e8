package io.maru.embedded;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The passwords of one data directory: made at its first start and kept beside the data, since PostgreSQL stores its own.
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
            return json.readValue(Files.readString(file), Secrets.class);
        }
        SecureRandom random = new SecureRandom();
        Secrets secrets = new Secrets(next(random), next(random), next(random));
        PrivateFile.write(file, json.writeValueAsString(secrets));
        return secrets;
    }

    private static String next(SecureRandom random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
