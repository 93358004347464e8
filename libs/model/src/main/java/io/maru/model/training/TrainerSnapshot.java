package io.maru.model.training;

import io.maru.formats.Content;
import io.maru.formats.SafetensorsContent;
import io.maru.model.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.Tensor;
import org.tensorflow.types.TFloat32;

/*
 * On a CPU a fetched variable is no copy, but a second hold on the same memory:
 *
 *     step 500 | fetch: weights and moments are held      milliseconds
 *     step 501 | the variables get new memory             twice the room of both, until they are sent
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
                weights.content().save(folder.resolve(Learner.MODEL_FILE)),
                moments.content().save(folder.resolve(Learner.OPTIMIZER_FILE)));
    }

    @Override
    public Learner.Contents contents(Path folder) throws IOException {
        Learner.Saved known =
                new Learner.Saved(weights.content().measure(), moments.content().measure());
        return new Learner.Contents(known, weights.content(), moments.content());
    }

    @Override
    public void close() {
        weights.close();
        moments.close();
    }

    /** What goes into one file. */
    static final class Part {
        private final SafetensorsContent content = new SafetensorsContent();
        private final List<TFloat32> tensors = new ArrayList<>();

        /** @param notes of the file's header */
        Part(Map<String, String> notes) {
            notes.forEach(content::metadata);
        }

        /** Takes over a tensor, the next one of the file. */
        void add(String name, TFloat32 tensor) {
            tensors.add(tensor);
            content.add(name, Tensors.view(tensor), tensor.shape().asArray());
        }

        Content content() {
            if (tensors.isEmpty()) {
                throw new IllegalStateException("a snapshot that is closed (expected: open)");
            }
            return content;
        }

        void close() {
            tensors.forEach(Tensor::close);
            tensors.clear();
        }
    }
}
