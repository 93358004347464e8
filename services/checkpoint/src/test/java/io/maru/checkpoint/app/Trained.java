package io.maru.checkpoint.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.checkpoint.domain.CheckpointFile;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.Registration;
import io.maru.formats.SealedFile;
import java.util.EnumMap;
import java.util.Map;

/** Files as training leaves them. */
final class Trained {
    private Trained() {}

    static Registration files(InMemoryBytes bytes, long step, String content) {
        return files(bytes, "train", step, content);
    }

    static Registration files(InMemoryBytes bytes, String training, long step, String content) {
        CheckpointName name = new CheckpointName("workspaces/w/runs/a", training, step);
        Map<CheckpointFile, SealedFile> files = new EnumMap<>(CheckpointFile.class);
        for (CheckpointFile file : CheckpointFile.values()) {
            String text = "T " + file.fileName() + " " + content;
            bytes.write(name.key(file.fileName()), text.getBytes(UTF_8));
            files.put(file, bytes.measure(name.key(file.fileName())).orElseThrow());
        }
        return new Registration(name, files, "workspaces/w/datasets/a", "workspaces/w/tokenizers/a", 1.5);
    }
}
