package io.maru.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Locale;

/** What a command reads from its arguments or from standard input. */
final class TextInput {
    private static final int MAX_BYTES = 16 << 20;

    private TextInput() {}

    /** Two options that contradict each other are refused before anything is read. */
    static void check(CommonOptions options, boolean jsonLines, Object argument) {
        if (jsonLines && options.json) {
            throw CommandFailure.badInput("--json: beside --jsonl (expected: one of the two)");
        }
        if (jsonLines && argument != null) {
            throw CommandFailure.badInput("--jsonl: beside an argument (expected: lines of standard input)");
        }
    }

    /** All of it, as it is. */
    static String read(InputStream in) {
        try {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw CommandFailure.badInput(String.format(
                        Locale.ROOT, "standard input: more than %d bytes (expected: at most that)", MAX_BYTES));
            }
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw CommandFailure.badInput("standard input: other bytes (expected: UTF-8)");
        } catch (IOException e) {
            throw CommandFailure.failed("INPUT_OUTPUT", "standard input: " + CommandFailure.problem(e));
        }
    }

    static int[] ids(List<String> written) {
        int[] ids = new int[written.size()];
        for (int i = 0; i < ids.length; i++) {
            try {
                ids[i] = Integer.parseUnsignedInt(written.get(i));
            } catch (NumberFormatException e) {
                ids[i] = -1;
            }
            if (ids[i] < 0) {
                throw CommandFailure.badInput(
                        String.format(Locale.ROOT, "ids[%d]: %s (expected: a token id)", i, written.get(i)));
            }
        }
        return ids;
    }
}
