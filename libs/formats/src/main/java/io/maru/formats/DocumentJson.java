package io.maru.formats;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.CharBuffer;
import java.util.ArrayList;
import java.util.List;

/** The JSON of documents, in one form only: keys in this order, no white space. */
final class DocumentJson {
    static final String KEYS = "text, or prompt and completion, or messages";

    private DocumentJson() {}

    /** A line of a shard, without its end. */
    static String write(Document document) {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("id", document.id());
            if (!document.kind().isEmpty()) {
                json.writeStringField("kind", document.kind());
            }
            write(json, document.body());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.toString();
    }

    static String write(Document.Body body) {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(line)) {
            json.writeStartObject();
            write(json, body);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.toString();
    }

    private static void write(JsonGenerator json, Document.Body body) throws IOException {
        if (body instanceof Document.Text text) {
            json.writeStringField("text", text.text());
        } else if (body instanceof Document.Pair pair) {
            json.writeStringField("prompt", pair.prompt());
            json.writeStringField("completion", pair.completion());
        } else if (body instanceof Document.Conversation conversation) {
            json.writeArrayFieldStart("messages");
            for (Document.Message message : conversation.messages()) {
                json.writeStartObject();
                json.writeStringField("role", message.role());
                json.writeStringField("content", message.content());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
    }

    /** A body that stands alone on its line. */
    static Document.Body readRow(String line, String file, String place) {
        Body body = new Body();
        try (StrictJson json = new StrictJson(file, place, CharBuffer.wrap(line.toCharArray()))) {
            json.beginObject();
            for (String key = json.nextKey(); key != null; key = json.nextKey()) {
                if (!body.read(key, json)) {
                    throw json.corrupt("the key " + key, KEYS);
                }
            }
            json.end();
            return body.get(json);
        } catch (IllegalArgumentException e) {
            throw new CorruptFileException(file, place, e.getMessage(), "a document", e);
        }
    }

    /** A body whose keys come one after the other. */
    static final class Body {
        private String text;
        private String prompt;
        private String completion;
        private List<Document.Message> messages;

        /** Whether the key is one of a body; then its value has been read. */
        boolean read(String key, StrictJson json) {
            switch (key) {
                case "text" -> text = json.string();
                case "prompt" -> prompt = json.string();
                case "completion" -> completion = json.string();
                case "messages" -> messages = messages(json);
                default -> {
                    return false;
                }
            }
            return true;
        }

        /** @throws CorruptFileException if keys of two bodies were read, or not all of one */
        Document.Body get(StrictJson json) {
            boolean paired = prompt != null || completion != null;
            int bodies = (text == null ? 0 : 1) + (paired ? 1 : 0) + (messages == null ? 0 : 1);
            if (bodies != 1) {
                throw json.corrupt(bodies == 0 ? "no text" : "keys of several", KEYS);
            }
            if (text != null) {
                return new Document.Text(text);
            }
            if (messages != null) {
                return new Document.Conversation(messages);
            }
            return new Document.Pair(json.required(prompt, "prompt"), json.required(completion, "completion"));
        }

        private static List<Document.Message> messages(StrictJson json) {
            List<Document.Message> messages = new ArrayList<>();
            json.beginArray();
            while (json.nextObject()) {
                String role = null;
                String content = null;
                for (String key = json.nextKey(); key != null; key = json.nextKey()) {
                    switch (key) {
                        case "role" -> role = json.string();
                        case "content" -> content = json.string();
                        default -> throw json.corrupt("the key " + key, "role or content");
                    }
                }
                messages.add(new Document.Message(json.required(role, "role"), json.required(content, "content")));
            }
            return messages;
        }
    }
}
