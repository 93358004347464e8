package io.maru.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/** The values of src/test/reference/expected_values.py: what the reference tokenizers give. */
final class Expected {
    private static final JsonNode VALUES = read();

    record Case(String text, List<String> words, int[] ids) {}

    private Expected() {}

    static int vocabularySize() {
        return VALUES.path("vocabularySize").intValue();
    }

    static List<String> corpus() {
        return texts(VALUES.path("corpus"));
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (JsonNode node : VALUES.path("cases")) {
            int[] ids = StreamSupport.stream(node.path("ids").spliterator(), false)
                    .mapToInt(JsonNode::intValue)
                    .toArray();
            cases.add(new Case(node.path("text").textValue(), texts(node.path("words")), ids));
        }
        return cases;
    }

    static JsonNode lexicographicMerges() {
        return VALUES.path("lexicographic");
    }

    static String tokenizerJson() {
        return VALUES.path("tokenizerJson").textValue();
    }

    /** The same where the tokenizer brings text to normal form C. */
    static String composing(String tokenizerJson) {
        return tokenizerJson.replace("\"normalizer\": null", "\"normalizer\": {\n    \"type\": \"NFC\"\n  }");
    }

    static BpeTrainer trainer(TieRule tieRule) {
        BpeTrainer trainer = new BpeTrainer(vocabularySize(), tieRule);
        corpus().forEach(trainer::add);
        return trainer;
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::textValue)
                .toList();
    }

    private static JsonNode read() {
        try (InputStream in = Expected.class.getResourceAsStream("expected.json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
