package io.maru.training.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.Manifest;
import io.maru.training.domain.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Keeps the files of one job's datasets on the local disk, by their digests: a job that is taken up again fetches nothing. */
final class ShardCache {
    private final TrainingBytes bytes;
    private final Path folder;

    ShardCache(TrainingBytes bytes, Path folder) {
        this.bytes = bytes;
        this.folder = folder;
    }

    /** Makes room: the disk holds what is trained on, and nothing else. */
    void keepOnly(List<Dataset> datasets) throws IOException {
        Set<String> kept = new HashSet<>();
        for (Dataset dataset : datasets) {
            kept.add(dataset.tokenizer().sha256());
            kept.add(dataset.tokenizerConfig().sha256());
            dataset.train().forEach(shard -> kept.add(shard.entry().sha256()));
            dataset.validation().forEach(shard -> kept.add(shard.entry().sha256()));
        }
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                if (!kept.contains(file.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Gives the local copy of one of the dataset's files, every bit of it checked. */
    Path file(Dataset dataset, Manifest.Entry entry) throws IOException {
        Path file = folder.resolve(entry.sha256());
        if (Files.exists(file)) {
            try {
                entry.file().verify(file);
                return file;
            } catch (CorruptFileException e) {
                // The disk lost it; the store still has it.
                Files.delete(file);
            }
        }
        bytes.fetch(dataset.key(entry), file, entry.file());
        return file;
    }
}
