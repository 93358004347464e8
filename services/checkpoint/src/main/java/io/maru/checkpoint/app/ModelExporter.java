package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.EXPORT_UNSUPPORTED;
import static io.maru.checkpoint.domain.CheckpointReason.MODEL_VERSION_CORRUPT;
import static io.maru.checkpoint.domain.CheckpointReason.TOO_MANY_EXPORTS;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.checkpoint.domain.ExportForm;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.formats.Content;
import io.maru.formats.CorruptFileException;
import io.maru.formats.DType;
import io.maru.formats.GgufTensorType;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.exchange.ExportedModel;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.file.WorkFolder;
import io.maru.platform.name.ResourceName;
import io.maru.tokenizer.GgufVocabulary;
import io.maru.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Writes model versions in forms that others read. The version's files are fetched and compared first; each file that goes out is
 * made twice, once for its size and digest and once for its reader, and lies nowhere whole.
 */
public final class ModelExporter {
    private static final int CHUNK_BYTES = 1 << 18;
    private static final String README = "README.md";
    private static final String TOKENIZER = "tokenizer.json";

    private final CheckpointBytes bytes;
    private final Path workDirectory;
    private final int maxExports;
    private final Semaphore places;

    /** @param maxExports how many may be under way at once */
    public ModelExporter(CheckpointBytes bytes, Path workDirectory, int maxExports) {
        this.bytes = bytes;
        this.workDirectory = workDirectory;
        this.maxExports = maxExports;
        this.places = new Semaphore(maxExports);
    }

    /** Takes files, one after the other. Each method waits until its caller can take more, and throws a Refusal where it has gone. */
    public interface Reader {
        void header(String fileName, long size) throws InterruptedException;

        /** @param length how many bytes of {@code chunk} count; whoever calls writes over them afterwards */
        void chunk(byte[] chunk, int length) throws InterruptedException;

        void trailer(String sha256) throws InterruptedException;
    }

    /**
     * Sends a version to a reader.
     *
     * @throws Refusal TOO_MANY_EXPORTS, MODEL_VERSION_CORRUPT, EXPORT_UNSUPPORTED, and what {@code reader} throws
     */
    public void export(ModelVersion version, ExportForm form, Reader reader) throws IOException, InterruptedException {
        if (!places.tryAcquire()) {
            throw TOO_MANY_EXPORTS.because(
                    "%d exports are under way (expected: at most that; try again when one has ended)", maxExports);
        }
        try (WorkFolder folder = WorkFolder.create(workDirectory)) {
            fetch(version, folder.path());
            try (ExportedModel model = ExportedModel.open(folder.path())) {
                for (Map.Entry<String, Content> file :
                        files(version, form, model, folder.path()).entrySet()) {
                    send(file.getKey(), file.getValue(), reader);
                }
            }
        } catch (UnsupportedModelException | TokenizerFormatException e) {
            throw new Refusal(EXPORT_UNSUPPORTED, e.getMessage(), e);
        } catch (CorruptFileException e) {
            throw new Refusal(
                    MODEL_VERSION_CORRUPT,
                    version.name() + ": " + e.place() + ": " + e.found() + " (expected: " + e.expected() + ")",
                    e);
        } finally {
            places.release();
        }
    }

    private void fetch(ModelVersion version, Path folder) {
        for (Manifest.Entry file : version.manifest().entries()) {
            try {
                bytes.fetch(version.name().key(file.key()), folder.resolve(file.key()), Optional.of(file.sha256()));
            } catch (Refusal e) {
                if (e.reason() == CommonReason.OBJECT_CORRUPT || e.reason() == CommonReason.OBJECT_MISSING) {
                    throw new Refusal(MODEL_VERSION_CORRUPT, e.getMessage(), e);
                }
                throw e;
            }
        }
    }

    private static Map<String, Content> files(ModelVersion version, ExportForm form, ExportedModel model, Path folder)
            throws IOException {
        Map<String, Content> files = new LinkedHashMap<>();
        String name = ResourceName.last(version.name().model()) + "-v"
                + version.name().version();
        switch (form.format()) {
            case HUGGING_FACE -> {
                files.put(
                        README, Content.of(ModelCard.of(version, model.config()).getBytes(UTF_8)));
                files.putAll(model.huggingFace(dtype(form.type(), model.dtype())));
            }
            case GGUF -> {
                GgufTensorType type = tensorType(form.type(), model.dtype());
                Path tokenizer = folder.resolve(TOKENIZER);
                if (Files.notExists(tokenizer)) {
                    throw EXPORT_UNSUPPORTED.because(
                            "%s: absent (expected: one, which is part of a GGUF file)", TOKENIZER);
                }
                GgufVocabulary vocabulary = GgufVocabulary.of(
                        Files.readAllBytes(tokenizer),
                        model.config().vocabularySize(),
                        model.ggufBos(),
                        model.ggufEos(),
                        GgufVocabulary.NONE,
                        model.generation().pad().orElse(GgufVocabulary.NONE));
                files.put(
                        name + "-" + type + ".gguf",
                        model.gguf(type, name, keys -> GgufTokenizer.write(vocabulary, keys)));
            }
        }
        return files;
    }

    private static DType dtype(ExportForm.Type type, DType stored) {
        return switch (type) {
            case AS_STORED -> stored;
            case F32 -> DType.F32;
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            case Q8_0 -> throw new IllegalArgumentException(type + " (expected: a type of safetensors)");
        };
    }

    private static GgufTensorType tensorType(ExportForm.Type type, DType stored) {
        return switch (type) {
            case AS_STORED -> GgufTensorType.valueOf(stored.name());
            case F32 -> GgufTensorType.F32;
            case F16 -> GgufTensorType.F16;
            case BF16 -> GgufTensorType.BF16;
            case Q8_0 -> GgufTensorType.Q8_0;
        };
    }

    private static void send(String fileName, Content content, Reader reader) throws IOException, InterruptedException {
        SealedFile whole = content.measure();
        reader.header(fileName, whole.size());
        try {
            Chunks chunks = new Chunks(reader);
            content.writeTo(chunks);
            chunks.flush();
        } catch (ReaderInterruptedException e) {
            throw e.cause;
        }
        reader.trailer(whole.sha256());
    }

    /** An interrupt, on its way through a channel. */
    private static final class ReaderInterruptedException extends IOException {
        private static final long serialVersionUID = 1;

        private final InterruptedException cause;

        ReaderInterruptedException(InterruptedException cause) {
            super(cause);
            this.cause = cause;
        }
    }

    /** Cuts what is written to it into chunks. */
    private static final class Chunks implements WritableByteChannel {
        private final Reader reader;
        private final byte[] chunk = new byte[CHUNK_BYTES];
        private int filled;

        Chunks(Reader reader) {
            this.reader = reader;
        }

        @Override
        public int write(ByteBuffer piece) throws IOException {
            int count = piece.remaining();
            while (piece.hasRemaining()) {
                int length = Math.min(piece.remaining(), chunk.length - filled);
                piece.get(chunk, filled, length);
                filled += length;
                if (filled == chunk.length) {
                    flush();
                }
            }
            return count;
        }

        void flush() throws IOException {
            if (filled == 0) {
                return;
            }
            try {
                reader.chunk(chunk, filled);
            } catch (InterruptedException e) {
                throw new ReaderInterruptedException(e);
            }
            filled = 0;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
