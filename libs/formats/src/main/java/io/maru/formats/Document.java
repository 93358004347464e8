package io.maru.formats;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * One document of a corpus: a text, a prompt with its completion, or messages.
 *
 * @param id the first 32 hexadecimal digits of a SHA-256, so equal documents have equal ids: of a text, that of its UTF-8
 *     bytes; of anything else, that of a zero byte and the JSON of its body, see {@link DocumentShardWriter}
 * @param kind what kind of text it is, as in {@code prose}: lowercase letters, digits and hyphens; empty where nobody said
 * @param body well-formed Unicode, in the normal form NFC if {@link #of} made it
 */
public record Document(String id, String kind, Body body) {
    /** A line of a document shard has at most so many bytes: id, kind, body, and the escapes and punctuation of JSON, in bytes. */
    public static final int MAX_LINE_BYTES = 1 << 24;

    public static final int MAX_KIND_LENGTH = 32;

    private static final int ID_DIGITS = 32;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{" + ID_DIGITS + "}");
    private static final Pattern KIND = Pattern.compile("[a-z0-9][a-z0-9-]{0," + (MAX_KIND_LENGTH - 1) + "}");
    private static final Pattern ROLE = Pattern.compile("[a-z][a-z0-9_-]{0,31}");

    public Document {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "id: " + id + " (expected: " + ID_DIGITS + " lowercase hexadecimal digits)");
        }
        if (!kind.isEmpty() && !isKind(kind)) {
            throw new IllegalArgumentException("kind: " + kind + " (expected: at most " + MAX_KIND_LENGTH
                    + " lowercase letters, digits and hyphens, a hyphen not first)");
        }
        requireNonNull(body, "body");
    }

    /** What a document says. */
    public sealed interface Body permits Text, Pair, Conversation {
        /** All that is text in it, in the order in which it is read. */
        List<String> texts();

        /** The same with {@code change} made to each text. */
        Body map(UnaryOperator<String> change);
    }

    /** A text to go on with. */
    public record Text(String text) implements Body {
        public Text {
            StrictJson.requireWellFormed(text, "text");
        }

        @Override
        public List<String> texts() {
            return List.of(text);
        }

        @Override
        public Text map(UnaryOperator<String> change) {
            return new Text(change.apply(text));
        }
    }

    /**
     * A text that is given, and how it goes on.
     *
     * @param prompt may be empty
     */
    public record Pair(String prompt, String completion) implements Body {
        public Pair {
            StrictJson.requireWellFormed(prompt, "prompt");
            StrictJson.requireWellFormed(completion, "completion");
        }

        @Override
        public List<String> texts() {
            return List.of(prompt, completion);
        }

        @Override
        public Pair map(UnaryOperator<String> change) {
            return new Pair(change.apply(prompt), change.apply(completion));
        }
    }

    /**
     * What several say in turn.
     *
     * @param messages at least one
     */
    public record Conversation(List<Message> messages) implements Body {
        public Conversation {
            messages = List.copyOf(messages);
            if (messages.isEmpty()) {
                throw new IllegalArgumentException("messages: none (expected: at least one)");
            }
        }

        @Override
        public List<String> texts() {
            return messages.stream().map(Message::content).toList();
        }

        @Override
        public Conversation map(UnaryOperator<String> change) {
            return new Conversation(messages.stream()
                    .map(message -> new Message(message.role(), change.apply(message.content())))
                    .toList());
        }
    }

    /** @param role who says it, as in {@code user}: lowercase letters, digits, hyphens and underscores, at most 32 */
    public record Message(String role, String content) {
        public Message {
            if (!ROLE.matcher(role).matches()) {
                throw new IllegalArgumentException("role: " + role
                        + " (expected: at most 32 lowercase letters, digits, hyphens and underscores, a letter first)");
            }
            StrictJson.requireWellFormed(content, "content");
        }
    }

    /** Whether a kind may be called this; the empty text is no kind. */
    public static boolean isKind(String kind) {
        return KIND.matcher(kind).matches();
    }

    /** A text of which nobody said what kind it is. */
    public static Document of(String text) {
        return of("", text);
    }

    /** A text, see {@link #of(String, Body)}. */
    public static Document of(String kind, String text) {
        return of(kind, new Text(text));
    }

    /** Normalises a body to NFC (Unicode Standard Annex 15) and names it by its digest. */
    public static Document of(String kind, Body body) {
        Body normal = body.map(text -> Normalizer.normalize(text, Normalizer.Form.NFC));
        // No text begins with a zero byte, so a text that looks like JSON has another id than what it looks like.
        byte[] named = normal instanceof Text text
                ? text.text().getBytes(StandardCharsets.UTF_8)
                : ("\0" + DocumentJson.write(normal)).getBytes(StandardCharsets.UTF_8);
        return new Document(Sha256.of(named).substring(0, ID_DIGITS), kind, normal);
    }

    /**
     * Reads one line of a JSONL file: an object with {@code text}; or {@code prompt} and {@code completion}; or
     * {@code messages}, a list of objects with {@code role} and {@code content}; and nothing else.
     *
     * @param file what messages call the file
     * @param number of the line, counted from 1
     * @throws CorruptFileException if it is anything else
     */
    public static Document ofRow(String kind, String line, String file, long number) {
        return of(kind, DocumentJson.readRow(line, file, "line " + number));
    }

    /** All that is text in it, in the order in which it is read. */
    public List<String> texts() {
        return body.texts();
    }

    /** Counts the bytes of its texts in UTF-8. */
    public long textBytes() {
        long bytes = 0;
        for (String text : texts()) {
            bytes += text.getBytes(StandardCharsets.UTF_8).length;
        }
        return bytes;
    }
}
