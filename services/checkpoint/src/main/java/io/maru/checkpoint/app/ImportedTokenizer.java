package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.TOKENIZER_UNSUPPORTED;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.model.exchange.ForeignModel;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.GgufVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The tokenizer that came with a foreign model, as Hugging Face's two files.
 *
 * @param json tokenizer.json: as found, or made of what older programs wrote
 * @param configJson tokenizer_config.json, in which the chat template is
 */
record ImportedTokenizer(byte[] json, byte[] configJson) {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final String JSON = "tokenizer.json";
    private static final String CONFIG = "tokenizer_config.json";
    private static final String SENTENCE_PIECE = "tokenizer.model";
    private static final String VOCABULARY = "vocab.json";
    private static final String MERGES = "merges.txt";

    /**
     * Reads the tokenizer of a model; empty where there is none.
     *
     * @param folder that the model was opened in
     * @throws io.maru.tokenizer.TokenizerFormatException if it is broken or asks for what would not be done to the letter
     * @throws io.maru.platform.error.Refusal TOKENIZER_UNSUPPORTED if it has tokens that the model does not
     */
    static Optional<ImportedTokenizer> of(ForeignModel model, Path folder) throws IOException {
        Optional<ImportedTokenizer> found = model.gguf().isPresent() ? ofGguf(model) : ofFolder(model, folder);
        if (found.isPresent()) {
            int tokens = BpeTokenizer.fromJson(found.get().json()).vocabularySize();
            if (tokens > model.config().vocabularySize()) {
                throw TOKENIZER_UNSUPPORTED.because(
                        "%s: %d tokens (expected: at most the model's %d)",
                        JSON, tokens, model.config().vocabularySize());
            }
        }
        return found;
    }

    private static Optional<ImportedTokenizer> ofGguf(ForeignModel model) {
        return model.gguf().filter(GgufTokenizer::isIn).map(keys -> {
            GgufVocabulary vocabulary = GgufTokenizer.read(keys);
            return new ImportedTokenizer(
                    vocabulary.toJson(),
                    vocabulary.configJson(model.chatTemplate().orElse(null)));
        });
    }

    private static Optional<ImportedTokenizer> ofFolder(ForeignModel model, Path folder) throws IOException {
        Path json = folder.resolve(JSON);
        if (Files.exists(json)) {
            // Read before it is held: the reader knows how large such a file may be.
            BpeTokenizer tokenizer = BpeTokenizer.read(json);
            return Optional.of(new ImportedTokenizer(Files.readAllBytes(json), config(model, folder, tokenizer)));
        }
        Path sentencePiece = folder.resolve(SENTENCE_PIECE);
        boolean isPair = Files.exists(folder.resolve(VOCABULARY)) && Files.exists(folder.resolve(MERGES));
        if (!Files.exists(sentencePiece) && !isPair) {
            return Optional.empty();
        }
        BpeTokenizer tokenizer = BpeTokenizer.read(Files.exists(sentencePiece) ? sentencePiece : folder);
        return Optional.of(new ImportedTokenizer(tokenizer.toJson(), config(model, folder, tokenizer)));
    }

    /** The model's own file, with the chat template that counts; where there is none, one that names the tokens at least. */
    private static byte[] config(ForeignModel model, Path folder, BpeTokenizer tokenizer) throws IOException {
        if (Files.exists(folder.resolve(CONFIG))) {
            return model.tokenizerConfigJson().orElseThrow();
        }
        if (model.chatTemplate().isEmpty()) {
            return tokenizer.configJson();
        }
        ObjectNode config = (ObjectNode) MAPPER.readTree(tokenizer.configJson());
        config.put("chat_template", model.chatTemplate().get());
        return MAPPER.writeValueAsBytes(config);
    }
}
