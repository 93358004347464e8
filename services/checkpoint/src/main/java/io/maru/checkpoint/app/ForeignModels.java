package io.maru.checkpoint.app;

import io.maru.formats.Content;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Reads models that other programs wrote. */
public interface ForeignModels {
    /**
     * Opens the model in a folder.
     *
     * @throws io.maru.platform.error.Refusal MODEL_UNSUPPORTED, MODEL_CORRUPT, TOKENIZER_UNSUPPORTED
     */
    Foreign open(Path folder) throws IOException;

    /**
     * What a config.json says.
     *
     * @throws io.maru.platform.error.Refusal MODEL_UNSUPPORTED
     */
    Shape shape(byte[] configJson);

    /** The size of a model; 0 for what is not known. */
    record Shape(long parameters, long vocabularySize) {
        public static final Shape UNKNOWN = new Shape(0, 0);
    }

    /** A model that another program wrote, as the files of a model version. Whoever opened it closes it. */
    interface Foreign extends AutoCloseable {
        /** As in {@code LlamaForCausalLM}. */
        String architecture();

        long parameters();

        /** Of the weights as they are written. */
        String dtype();

        /** Of the weights as they are written, but for their header. */
        long bytes();

        /** By file name, in the order in which they are to be written. They are made when they are read. */
        Map<String, Content> files();

        /** Of the tokenizer that came with it; empty where none did. */
        Optional<byte[]> tokenizerJson();

        @Override
        void close() throws IOException;
    }
}
