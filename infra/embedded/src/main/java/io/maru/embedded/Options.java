package io.maru.embedded;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;

/**
 * What the command line says.
 *
 * @param data the directory that holds all three servers' data
 * @param binaries where PostgreSQL's programs are unpacked; several data directories may share them
 * @param kafkaPort a port of the loopback interface; 0 takes a free one, as for the other two
 * @param withParent stop when standard input closes, so that a dead parent process leaves no servers behind
 */
record Options(Path data, Path binaries, int kafkaPort, int postgresPort, int s3Port, boolean withParent) {
    static final String USAGE = "usage: EmbeddedServers --data DIR [--binaries DIR] [--kafka-port N]"
            + " [--postgres-port N] [--s3-port N] [--with-parent]   (0 = a free port)";

    /** Throws {@link IllegalArgumentException} for anything that it does not know. */
    static Options parse(String... args) {
        Path data = null;
        Path binaries = null;
        int kafkaPort = 7192;
        int postgresPort = 7132;
        int s3Port = 7190;
        boolean withParent = false;
        Iterator<String> rest = Arrays.asList(args).iterator();
        while (rest.hasNext()) {
            String option = rest.next();
            switch (option) {
                case "--data" -> data = directory(option, rest);
                case "--binaries" -> binaries = directory(option, rest);
                case "--kafka-port" -> kafkaPort = port(option, rest);
                case "--postgres-port" -> postgresPort = port(option, rest);
                case "--s3-port" -> s3Port = port(option, rest);
                case "--with-parent" -> withParent = true;
                default -> throw new IllegalArgumentException(option + ": unknown option");
            }
        }
        if (data == null) {
            throw new IllegalArgumentException("--data: missing (expected: a directory)");
        }
        return new Options(data, binaries == null ? data : binaries, kafkaPort, postgresPort, s3Port, withParent);
    }

    private static String value(String option, Iterator<String> rest) {
        if (!rest.hasNext()) {
            throw new IllegalArgumentException(option + ": missing (expected: a value)");
        }
        return rest.next();
    }

    private static Path directory(String option, Iterator<String> rest) {
        return Path.of(value(option, rest)).toAbsolutePath().normalize();
    }

    private static int port(String option, Iterator<String> rest) {
        String text = value(option, rest);
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > 65535) {
            throw new IllegalArgumentException(option + ": " + text + " (expected: 0 to 65535)");
        }
        return Integer.parseInt(text);
    }
}
