package io.maru.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs, which come as an archive inside a jar. */
final class PostgresBinaries {
    private PostgresBinaries() {}

    /**
     * Returns the folder below {@code shelf} that holds {@code bin}, {@code lib} and {@code share}. It is filled once per
     * version, also where several processes ask at the same time.
     */
    static Path unpack(Path shelf) throws IOException {
        String name = "postgres-linux-" + architecture() + ".txz";
        URL archive = PostgresBinaries.class.getResource("/" + name);
        if (archive == null) {
            throw new StartException(
                    "postgres: no " + name + " on the class path (expected: the binaries of this machine)");
        }
        JarURLConnection entry = (JarURLConnection) archive.openConnection();
        // The checksum stands in the jar's directory, so naming the version by it reads nothing.
        Path binaries =
                shelf.resolve("postgres-" + Long.toHexString(entry.getJarEntry().getCrc()));
        if (Files.exists(binaries)) {
            return binaries;
        }
        Files.createDirectories(shelf);
        Path draft = Files.createTempDirectory(
                shelf,
                "postgres-draft-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        try (InputStream stream = entry.getInputStream()) {
            unpack(stream, draft);
        }
        try {
            Files.move(draft, binaries, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.exists(binaries)) {
                throw e;
            }
            // Another process was faster.
            delete(draft);
        }
        return binaries;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static String architecture() {
        String name = System.getProperty("os.arch");
        return name.equals("amd64") ? "x86_64" : name;
    }

    private static void unpack(InputStream archive, Path folder) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive)));
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path file = folder.resolve(entry.getName());
            Files.createDirectories(entry.isDirectory() ? file : file.getParent());
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
            } else if (entry.isFile()) {
                Files.copy(tar, file);
                if (file.getParent().endsWith("bin")) {
                    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
    }
}
