package io.maru.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.maru.cli.run.Columns;
import io.maru.cli.run.Names;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a command prints: sentences for people, and with {@code --json} one object as the last line for programs. */
public final class Output {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Of a terminal, as far as lines are made to fit it; some wrap already at the eightieth character. */
    private static final int TERMINAL_COLUMNS = 79;

    private final PrintStream out;
    private final boolean json;
    private final boolean terminal;

    public Output(PrintStream out, boolean json) {
        this(out, json, false);
    }

    /** @param terminal whether somebody looks at it, on something that can draw a line anew */
    public Output(PrintStream out, boolean json, boolean terminal) {
        this.out = out;
        this.json = json;
        this.terminal = terminal && !json;
    }

    public boolean isTerminal() {
        return terminal;
    }

    /** Into which lines should fit; a file or a pipe has as many as a line needs. */
    public int columns() {
        return terminal ? TERMINAL_COLUMNS : Integer.MAX_VALUE;
    }

    /** Text of any length after a first word or an indent; on a terminal broken, and its other lines are indented as far. */
    public void paragraph(String first, String text) {
        int indent = Columns.width(first);
        String start = first;
        for (String line : Columns.wrap(Names.brief(text), Math.max(20, columns() - indent))) {
            say("%s%s", start, line);
            start = " ".repeat(indent);
        }
    }

    public boolean isJson() {
        return json;
    }

    /** A line for people; programs do not get it. */
    public void say(String format, Object... arguments) {
        if (!json) {
            out.println(arguments.length == 0 ? format : String.format(Locale.ROOT, format, brief(arguments)));
            out.flush();
        }
    }

    /** Names of the caller's own workspace are printed without it. */
    private static Object[] brief(Object[] arguments) {
        return Arrays.stream(arguments)
                .map(argument -> argument instanceof String text ? Names.brief(text) : argument)
                .toArray();
    }

    private static Object brief(Object value) {
        if (value instanceof String text) {
            return Names.brief(text);
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> all = new LinkedHashMap<>();
            map.forEach((key, each) -> all.put(key, brief(each)));
            return all;
        }
        return value instanceof List<?> list ? list.stream().map(Output::brief).toList() : value;
    }

    /** Text without an end of line, as it comes. */
    public void stream(String text) {
        if (!json) {
            out.print(text);
            out.flush();
        }
    }

    /** The result for programs; people got theirs by {@link #say}. */
    public void result(Map<String, ?> result) {
        if (json) {
            try {
                out.println(JSON.writeValueAsString(brief(result)));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
            out.flush();
        }
    }
}
