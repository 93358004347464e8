package io.maru.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.grpc.StatusRuntimeException;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.Locale;
import java.util.function.Function;

/**
 * One JSON value a line in, one a line out, in the same order. An answer is written before the next line is waited for, so
 * a program at the other end may ask line by line.
 *
 * <p>A byte order mark before the first line is no part of it, and a line may end in CR LF. A blank line is wrong, since
 * it would have no answer. The first line that is wrong ends it: the error names the line, and the answers to the lines
 * before are out.
 */
final class JsonLines {
    /** Bounds the memory of one line. */
    static final int MAX_LINE_BYTES = 16 << 20;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(2)
                            .maxStringLength(MAX_LINE_BYTES)
                            .build())
                    .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final InputStream in;
    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private final Line line = new Line();
    private long lines;
    /** Bytes of a byte order mark that the line at hand starts with. */
    private int mark;

    JsonLines(InputStream in, OutputStream out) {
        this.in = in;
        this.out = new BufferedOutputStream(out, BUFFER_BYTES);
    }

    /**
     * Answers every line.
     *
     * @param answer throws {@link CommandFailure} or a service's status where a value is wrong
     */
    void answer(Function<JsonNode, Object> answer) {
        try {
            while (next()) {
                lines++;
                out.write(JSON.writeValueAsBytes(answer.apply(JSON.readTree(text()))));
                out.write('\n');
            }
        } catch (JsonProcessingException e) {
            throw wrong(CommandFailure.badInput(e.getOriginalMessage() + " (expected: one JSON value)"));
        } catch (CommandFailure e) {
            throw wrong(e);
        } catch (StatusRuntimeException e) {
            throw wrong(CommandFailure.of(e));
        } catch (IOException e) {
            throw CommandFailure.failed("INPUT_OUTPUT", "line " + (lines + 1) + ": " + CommandFailure.problem(e));
        } finally {
            flush();
        }
    }

    private CommandFailure wrong(CommandFailure failure) {
        return new CommandFailure(failure.exitCode(), failure.reason(), "line " + lines + ": " + failure.getMessage());
    }

    /** Whether there is a line more; it is in {@link #line} then, without its line feed. */
    private boolean next() throws IOException {
        line.reset();
        mark = 0;
        while (true) {
            if (position == limit && !fill()) {
                findMark();
                return line.size() > mark;
            }
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            if (end - position > MAX_LINE_BYTES - line.size()) {
                lines++;
                throw CommandFailure.badInput(
                        String.format(Locale.ROOT, "a longer line (expected: at most %d bytes)", MAX_LINE_BYTES));
            }
            line.write(buffer, position, end - position);
            position = end;
            if (end < limit) {
                position++;
                findMark();
                return true;
            }
        }
    }

    private void findMark() {
        ByteBuffer bytes = line.bytes();
        boolean marked = lines == 0
                && bytes.remaining() >= BYTE_ORDER_MARK.length
                && bytes.slice(0, BYTE_ORDER_MARK.length).equals(ByteBuffer.wrap(BYTE_ORDER_MARK));
        mark = marked ? BYTE_ORDER_MARK.length : 0;
    }

    private boolean fill() throws IOException {
        if (in.available() == 0) {
            out.flush();
        }
        position = 0;
        limit = Math.max(0, in.read(buffer));
        return limit > 0;
    }

    private String text() {
        CharsetDecoder decoder = UTF_8.newDecoder();
        ByteBuffer bytes = line.bytes().position(mark);
        CharBuffer chars = CharBuffer.allocate(bytes.remaining());
        CoderResult result = decoder.decode(bytes, chars, true);
        if (result.isError()) {
            throw CommandFailure.badInput(String.format(
                    Locale.ROOT,
                    "byte 0x%02X at %d (expected: UTF-8)",
                    bytes.get(bytes.position()) & 0xFF,
                    bytes.position()));
        }
        String text = chars.flip().toString();
        if (text.isBlank()) {
            throw CommandFailure.badInput("empty (expected: one JSON value)");
        }
        return text;
    }

    private void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw CommandFailure.failed("INPUT_OUTPUT", "standard output: " + CommandFailure.problem(e));
        }
    }

    /** A value that must be a text, of characters that UTF-8 can write. */
    static String string(JsonNode value) {
        if (!value.isTextual()) {
            throw CommandFailure.badInput("%s (expected: a JSON string)".formatted(kind(value)));
        }
        String text = value.textValue();
        try {
            UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw CommandFailure.badInput("half of a surrogate pair (expected: Unicode characters)");
        }
        return text;
    }

    /** A value that must be a list of token ids. */
    static int[] ids(JsonNode value) {
        if (!value.isArray()) {
            throw CommandFailure.badInput("%s (expected: a JSON array of token ids)".formatted(kind(value)));
        }
        int[] ids = new int[value.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = value.get(i);
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
                throw CommandFailure.badInput(String.format(
                        Locale.ROOT,
                        "ids[%d]: %s (expected: a token id)",
                        i,
                        id.isNumber() ? id.toString() : kind(id)));
            }
            ids[i] = id.intValue();
        }
        return ids;
    }

    private static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> value.toString();
            case NULL -> "null";
            case BINARY, MISSING, POJO -> "nothing";
        };
    }

    /** Lends its bytes, which {@link ByteArrayOutputStream} only copies. */
    private static final class Line extends ByteArrayOutputStream {
        ByteBuffer bytes() {
            return ByteBuffer.wrap(buf, 0, count);
        }
    }
}
