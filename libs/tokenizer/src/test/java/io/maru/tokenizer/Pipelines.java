package io.maru.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.StreamSupport;

/** The values of src/test/reference/pipelines.py: what published models have around byte pair encoding, and its ids. */
final class Pipelines {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Pipelines() {}

    /** Null where the reference was not asked for one of them. */
    record Case(String text, int[] ids, int[] withTemplate, String decoded) {}

    /** A file of a model's shape. */
    record Shape(String name, byte[] tokenizerJson, List<Case> cases) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** A SentencePiece model. */
    record Pieces(String name, byte[] model, List<Case> cases) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Shape> all() {
        JsonNode file = read("pipelines.json");
        List<Shape> shapes = new ArrayList<>();
        for (JsonNode pipeline : file.path("pipelines")) {
            shapes.add(new Shape(
                    pipeline.path("name").textValue(),
                    tokenizerJson(pipeline, file.path("characters")),
                    cases(pipeline)));
        }
        return shapes;
    }

    static List<Pieces> sentencePiece() {
        List<Pieces> models = new ArrayList<>();
        for (JsonNode model : read("sentencepiece.json")) {
            models.add(new Pieces(
                    model.path("name").textValue(),
                    Base64.getDecoder().decode(model.path("model").textValue()),
                    cases(model)));
        }
        return models;
    }

    private static byte[] tokenizerJson(JsonNode pipeline, JsonNode characters) {
        ObjectNode root;
        try {
            root = (ObjectNode) JSON.readTree(Expected.tokenizerJson());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        root.setAll((ObjectNode) pipeline.path("sections"));
        ObjectNode model = (ObjectNode) root.get("model");
        model.setAll((ObjectNode) pipeline.path("model"));
        JsonNode other = characters.path(pipeline.path("vocabulary").textValue());
        if (other.isObject()) {
            model.setAll((ObjectNode) other);
        }
        if (pipeline.path("emptyToken").booleanValue()) {
            ObjectNode vocab = (ObjectNode) model.get("vocab");
            vocab.put("", vocab.size());
        }
        return Json.bytes(root);
    }

    private static List<Case> cases(JsonNode parent) {
        List<Case> cases = new ArrayList<>();
        for (JsonNode node : parent.path("cases")) {
            cases.add(new Case(
                    node.path("text").textValue(),
                    ids(node.path("ids")),
                    ids(node.path("withTemplate")),
                    node.path("decoded").textValue()));
        }
        return cases;
    }

    private static int[] ids(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::intValue)
                .toArray();
    }

    private static JsonNode read(String resource) {
        try (InputStream in = Pipelines.class.getResourceAsStream(resource)) {
            return JSON.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
