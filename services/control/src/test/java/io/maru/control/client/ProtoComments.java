package io.maru.control.client;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the .proto files say of their fields. Descriptors at run time have no comments. */
final class ProtoComments {
    private static final Pattern BLOCK = Pattern.compile("(?:message|enum|service|oneof|rpc) ?(\\w*).*\\{");
    private static final Pattern FIELD =
            Pattern.compile("(?:optional |repeated )?[\\w.]+(?:<[^>]*>)? (\\w+) = \\d+(?: \\[.*|;.*)?");

    private final Path contracts;

    ProtoComments(Path root) {
        this.contracts = root.resolve("proto/src/main/proto");
    }

    /** In one line; empty where there is nothing to say. */
    String of(FieldDescriptor field) {
        return read(contracts.resolve(field.getFile().getName())).getOrDefault(field.getFullName(), "");
    }

    private static Map<String, String> read(Path file) {
        try {
            return read(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> read(String text) {
        Map<String, String> comments = new HashMap<>();
        Deque<String> blocks = new ArrayDeque<>();
        StringBuilder comment = new StringBuilder();
        String scope = "";
        for (String line : text.lines().map(String::strip).toList()) {
            Matcher block = BLOCK.matcher(line);
            Matcher field = FIELD.matcher(line);
            if (line.startsWith("//")) {
                comment.append(comment.isEmpty() ? "" : " ")
                        .append(line.substring(2).strip());
                continue;
            }
            if (line.startsWith("package ")) {
                scope = line.substring("package ".length(), line.length() - 1);
            } else if (block.matches()) {
                blocks.addLast(block.group(1));
                if (line.endsWith("{}") || line.endsWith("}")) {
                    blocks.removeLast();
                }
            } else if (line.equals("}")) {
                blocks.removeLast();
            } else if (field.matches()) {
                comments.put(scope + "." + String.join(".", blocks) + "." + field.group(1), comment.toString());
            }
            comment.setLength(0);
        }
        return comments;
    }
}
