package io.maru.inference.store;

import io.maru.formats.Sha256;
import io.maru.inference.app.ModelFiles;
import io.maru.inference.domain.ModelVersion;
import io.maru.platform.error.CommonReason;
import io.maru.platform.file.Folders;
import io.maru.platform.store.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/*
 * One folder for each manifest of a workspace, named by both: what one workspace has fetched is not there for another, even
 * if its bytes are the same. A folder appears whole or not at all, and outlives the process:
 *
 *     default.3f8a...   config.json model.safetensors tokenizer.json ...    complete, and read again before it is used
 *     .part-77          config.json model.safe                              in the making; removed at the next start
 */
/** {@link ModelFiles} copied from the object store and kept on local disk, the most recently used of them. */
public final class CachedModelFiles implements ModelFiles {
    private static final String PART = ".part-";

    private final ObjectStore store;
    private final Path directory;
    private final int maxModels;

    /** @param maxModels model versions to keep */
    public CachedModelFiles(ObjectStore store, Path directory, int maxModels) {
        this.store = store;
        this.directory = directory;
        this.maxModels = maxModels;
    }

    /** Removes what an earlier process has left unfinished. */
    public void clean() throws IOException {
        Files.createDirectories(directory);
        for (Path folder : folders()) {
            if (folder.getFileName().toString().startsWith(PART)) {
                Folders.delete(folder);
            }
        }
    }

    @Override
    public Path fetch(ModelVersion version) throws IOException {
        Path folder = directory.resolve(version.workspace() + "." + version.manifestSha256());
        if (!isIntact(folder, version)) {
            Folders.delete(folder);
            Path part = Files.createTempDirectory(Files.createDirectories(directory), PART);
            try {
                for (ModelVersion.File file : version.files()) {
                    fetch(version, file, part);
                }
                Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Folders.delete(part);
            }
        }
        Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
        forgetOldest();
        return folder;
    }

    private void fetch(ModelVersion version, ModelVersion.File file, Path part) {
        String key = version.name() + "/" + file.name();
        OptionalLong size = store.size(key);
        // Asked first, so that a wrong object of any size does not fill the disk.
        if (size.isPresent() && size.getAsLong() != file.size()) {
            throw CommonReason.OBJECT_CORRUPT.because(
                    "%s: %d bytes (expected: %d)", key, size.getAsLong(), file.size());
        }
        store.fetch(key, part.resolve(file.name()), file.sha256());
    }

    /** Whether the bytes on this disk are still those that were fetched. */
    private static boolean isIntact(Path folder, ModelVersion version) throws IOException {
        for (ModelVersion.File file : version.files()) {
            Path copy = folder.resolve(file.name());
            if (Files.notExists(copy)
                    || Files.size(copy) != file.size()
                    || !Sha256.of(copy).equals(file.sha256())) {
                return false;
            }
        }
        return Files.exists(folder);
    }

    /** A file that is mapped stays readable after it is deleted, so even the folder of a loaded model may go. */
    private void forgetOldest() throws IOException {
        List<Path> complete = folders().stream()
                .filter(folder -> !folder.getFileName().toString().startsWith(PART))
                .sorted(Comparator.comparing(CachedModelFiles::lastUse).reversed())
                .toList();
        for (Path folder : complete.subList(Math.min(maxModels, complete.size()), complete.size())) {
            Folders.delete(folder);
        }
    }

    private List<Path> folders() throws IOException {
        try (Stream<Path> folders = Files.list(directory)) {
            return folders.toList();
        }
    }

    private static FileTime lastUse(Path folder) {
        try {
            return Files.getLastModifiedTime(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
