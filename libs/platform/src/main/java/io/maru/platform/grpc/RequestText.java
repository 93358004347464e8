package io.maru.platform.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.maru.options.v1.FieldRule;
import io.maru.options.v1.Options;
import io.maru.platform.error.Violations;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/*
 * What a string of a request may be, whatever it means:
 *
 *     request_id     a name: no control characters, at most 1,024 characters
 *     recipe         a file: tabs and line ends too      {max_length: 65536 characters: LINES}
 *     text, prompt   becomes tokens: anything            {max_length: 1048576 characters: ANY}
 *
 * So PostgreSQL meets no U+0000, which it cannot store, and the log no line that it did not write itself.
 */
/** Checks the strings of a request: their characters and their length, by the rules that stand beside their fields. */
final class RequestText {
    static final int MAX_LENGTH = 1_024;

    /** Whoever gets more than these wrong is told enough, and a request of eight million faults takes no memory. */
    static final int MAX_VIOLATIONS = 32;

    /** Of each message the fields that are strings or lead to some: a chunk of bytes is never looked at. */
    private static final Map<Descriptor, List<FieldDescriptor>> FIELDS = new ConcurrentHashMap<>();

    private RequestText() {}

    /** Adds what is wrong with the strings of {@code message} and of those within it, with the paths of their fields. */
    static void check(Message message, Violations violations) {
        check(message, "", violations);
    }

    private static void check(Message message, String path, Violations violations) {
        for (FieldDescriptor field : FIELDS.computeIfAbsent(message.getDescriptorForType(), RequestText::leading)) {
            String fieldPath = Violations.join(path, field.getName());
            if (field.isRepeated()) {
                int count = message.getRepeatedFieldCount(field);
                for (int i = 0; i < count && violations.list().size() < MAX_VIOLATIONS; i++) {
                    checkValue(field, message.getRepeatedField(field, i), element(fieldPath, i), violations);
                }
            } else if (field.getJavaType() == JavaType.STRING || message.hasField(field)) {
                checkValue(field, message.getField(field), fieldPath, violations);
            }
        }
    }

    private static void checkValue(FieldDescriptor field, Object value, String path, Violations violations) {
        if (value instanceof Message below) {
            check(below, path, violations);
        } else {
            checkText((String) value, field.getOptions().getExtension(Options.field), path, violations);
        }
    }

    private static void checkText(String text, FieldRule rule, String path, Violations violations) {
        int max = maxLength(rule);
        // There are at most as many characters as UTF-16 units.
        if (text.length() > max && text.codePointCount(0, text.length()) > max) {
            violations.add(
                    path,
                    text.codePointCount(0, text.length()) + " characters",
                    String.format(Locale.ROOT, "at most %d", max));
            return;
        }
        for (int i = 0; i < text.length(); ) {
            int character = text.codePointAt(i);
            if (!isAllowed(character, rule)) {
                String found =
                        String.format(Locale.ROOT, "U+%04X as character %d", character, text.codePointCount(0, i) + 1);
                violations.add(path, found, expected(character, rule));
                return;
            }
            i += Character.charCount(character);
        }
    }

    static int maxLength(FieldRule rule) {
        return rule.getMaxLength() == 0 ? MAX_LENGTH : rule.getMaxLength();
    }

    private static boolean isAllowed(int character, FieldRule rule) {
        if (isSurrogate(character)) {
            return false;
        }
        return switch (rule.getCharacters()) {
            case LINES -> !Character.isISOControl(character) || isTabOrLineEnd(character);
            case ANY -> true;
            case CHARACTERS_UNSPECIFIED, UNRECOGNIZED -> !Character.isISOControl(character);
        };
    }

    /** One without the other half of its pair: the two together are one character above U+FFFF. */
    private static boolean isSurrogate(int character) {
        return character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
    }

    private static boolean isTabOrLineEnd(int character) {
        return character == '\t' || character == '\n' || character == '\r' || character == 0x85;
    }

    private static String expected(int character, FieldRule rule) {
        if (isSurrogate(character)) {
            return "characters of Unicode; this is half of one";
        }
        return switch (rule.getCharacters()) {
            case LINES -> "no control characters but tabs and line ends";
            case ANY, CHARACTERS_UNSPECIFIED, UNRECOGNIZED -> "no control characters";
        };
    }

    private static List<FieldDescriptor> leading(Descriptor type) {
        return type.getFields().stream()
                .filter(field -> leadsToString(field, new HashSet<>()))
                .toList();
    }

    private static boolean leadsToString(FieldDescriptor field, Set<Descriptor> seen) {
        return switch (field.getJavaType()) {
            case STRING -> true;
            case MESSAGE ->
                seen.add(field.getMessageType())
                        && field.getMessageType().getFields().stream().anyMatch(below -> leadsToString(below, seen));
            case INT, LONG, FLOAT, DOUBLE, BOOLEAN, BYTE_STRING, ENUM -> false;
        };
    }

    /** The path of the first string that is no UTF-8 in a message as it came; empty where there is none. */
    static Optional<String> pathOfMalformed(Descriptor type, ByteString wire) throws InvalidProtocolBufferException {
        return pathOfMalformed(type, wire, "");
    }

    private static Optional<String> pathOfMalformed(Descriptor type, ByteString wire, String path)
            throws InvalidProtocolBufferException {
        UnknownFieldSet found = UnknownFieldSet.parseFrom(wire);
        for (FieldDescriptor field : type.getFields()) {
            String fieldPath = Violations.join(path, field.getName());
            List<ByteString> values = found.getField(field.getNumber()).getLengthDelimitedList();
            for (int i = 0; i < values.size(); i++) {
                String valuePath = field.isRepeated() ? element(fieldPath, i) : fieldPath;
                if (field.getJavaType() == JavaType.STRING && !values.get(i).isValidUtf8()) {
                    return Optional.of(valuePath);
                }
                if (field.getJavaType() == JavaType.MESSAGE) {
                    Optional<String> below = pathOfMalformed(field.getMessageType(), values.get(i), valuePath);
                    if (below.isPresent()) {
                        return below;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static String element(String path, int index) {
        return path + "[" + index + "]";
    }
}
