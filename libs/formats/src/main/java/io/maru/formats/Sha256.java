package io.maru.formats;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** SHA-256 (FIPS 180-4), written as 64 lowercase hexadecimal digits. */
public final class Sha256 {
    private static final int BUFFER_BYTES = 1 << 17;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    private Sha256() {}

    /** The digest of a whole file. */
    public static String of(Path file) throws IOException {
        MessageDigest digest = newDigest();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
        }
        return hex(digest);
    }

    public static String of(byte[] bytes) {
        return HexFormat.of().formatHex(newDigest().digest(bytes));
    }

    /** Begins a digest of bytes that arrive in pieces; {@link #hex} ends it. */
    public static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Ends {@code digest} and returns it in hexadecimal. */
    public static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Returns {@code sha256} if it is 64 lowercase hexadecimal digits. */
    static String requireHex(String sha256, String field) {
        if (!HEX.matcher(sha256).matches()) {
            throw new IllegalArgumentException(field + ": " + sha256 + " (expected: 64 lowercase hexadecimal digits)");
        }
        return sha256;
    }
}
