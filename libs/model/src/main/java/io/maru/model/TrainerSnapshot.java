package io.maru.model;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsWriter;
import io.maru.formats.SealedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Tensor;
import org.tensorflow.types.TFloat32;

/*
 * On a CPU a fetched variable is no copy, but a second hold on the same memory:
 *
 *     step 500 | fetch: weights and moments are held      milliseconds
 *     step 501 | the variables get new memory             twice the room of both, until the files are written
 *
 * On a GPU to fetch is to copy into the machine's memory.
 */
/** Weights and moments of one step. */
final class TrainerSnapshot implements Learner.Snapshot {
    private final Part weights;
    private final Part moments;

    TrainerSnapshot(Part weights, Part moments) {
        this.weights = weights;
        this.moments = moments;
    }

    @Override
    public Learner.Saved save(Path folder) throws IOException {
        return new Learner.Saved(
                weights.save(folder.resolve(Learner.MODEL_FILE)), moments.save(folder.resolve(Learner.OPTIMIZER_FILE)));
    }

    @Override
    public void close() {
        weights.close();
        moments.close();
    }

    /** What goes into one file. */
    static final class Part {
        private final Map<String, String> notes;
        private final Map<String, TFloat32> tensors = new LinkedHashMap<>();
        private SealedFile written;

        /** @param notes of the file's header */
        Part(Map<String, String> notes) {
            this.notes = notes;
        }

        /** Takes over a tensor, the next one of the file. */
        void add(String name, TFloat32 tensor) {
            tensors.put(name, tensor);
        }

        SealedFile save(Path file) throws IOException {
            if (written == null) {
                try (SafetensorsWriter writer = SafetensorsWriter.create(file)) {
                    notes.forEach(writer::metadata);
                    tensors.forEach((name, tensor) ->
                            writer.declare(name, DType.F32, tensor.shape().asArray()));
                    for (Map.Entry<String, TFloat32> tensor : tensors.entrySet()) {
                        writer.write(tensor.getKey(), Tensors.view(tensor.getValue()));
                    }
                    written = writer.seal();
                }
                close();
            }
            return written;
        }

        void close() {
            tensors.values().forEach(Tensor::close);
            tensors.clear();
        }
    }
}
