package io.maru.platform.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import io.maru.platform.error.Violations;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/*
 * A spec is told once, in the .proto of the service that it is for:
 *
 *     optional int32 heads = 3 [(maru.options.v1.field) = {min: 1, max: 256, required: true}];
 *
 *     a section of a recipe --read--> the message --(gRPC)--> --check--> what is wrong --complete--> with defaults
 *                                                 the table in recipes/README.md <--table--
 *
 * Rules over several fields are code of the service, which adds to the same Violations.
 */
/** Reads, checks, completes and documents messages by the rules that stand beside their fields. */
public final class Spec {
    private static final int MAX_SHOWN = 100;

    private Spec() {}

    /**
     * Reads the JSON form of a spec. Keys are the fields' JSON names, enums have lower-case words, and {@code auto} leaves
     * the choice to the service. What cannot be read is added to {@code violations}; the rules themselves are {@link #check}'s.
     *
     * @param path of the section within what the caller sent, {@code steps[3].train} say; may be empty
     */
    public static void read(ObjectNode json, Message.Builder into, String path, Violations violations) {
        Map<String, FieldRules> known = new TreeMap<>();
        for (FieldDescriptor field : into.getDescriptorForType().getFields()) {
            FieldRules rules = FieldRules.of(field);
            if (!rules.isHidden()) {
                known.put(rules.key(), rules);
            }
        }
        json.fields().forEachRemaining(entry -> {
            FieldRules rules = known.get(entry.getKey());
            String keyPath = Violations.join(path, cut(entry.getKey()));
            if (rules == null) {
                violations.add(
                        keyPath,
                        "an unknown key",
                        unknown(path, entry.getKey(), known.keySet().stream().toList()));
            } else {
                readField(entry.getValue(), rules, into, keyPath, violations);
            }
        });
    }

    /** What to expect in place of a key that nobody knows. */
    private static String unknown(String path, String key, List<String> known) {
        return known.isEmpty()
                ? "no keys here"
                : "a known one; the nearest is " + Violations.join(path, Nearest.to(key, known));
    }

    private static void readField(
            JsonNode value, FieldRules rules, Message.Builder into, String path, Violations violations) {
        FieldDescriptor field = rules.field();
        if (!field.isRepeated()) {
            if (field.getJavaType() == JavaType.MESSAGE && value instanceof ObjectNode section) {
                Message.Builder below = into.newBuilderForField(field);
                read(section, below, path, violations);
                into.setField(field, below.build());
                return;
            }
            scalar(value, rules)
                    .ifPresentOrElse(
                            read -> into.setField(field, read),
                            () -> violations.add(path, shown(value), rules.expected()));
            return;
        }
        if (!value.isArray()) {
            violations.add(path, shown(value), rules.expectedList());
            return;
        }
        for (int i = 0; i < value.size(); i++) {
            String element = path + "[" + i + "]";
            JsonNode each = value.get(i);
            if (field.getJavaType() == JavaType.MESSAGE && each instanceof ObjectNode section) {
                Message.Builder below = into.newBuilderForField(field);
                read(section, below, element, violations);
                into.addRepeatedField(field, below.build());
            } else {
                scalar(each, rules)
                        .ifPresentOrElse(
                                read -> into.addRepeatedField(field, read),
                                () -> violations.add(element, shown(each), rules.expected()));
            }
        }
    }

    private static Optional<Object> scalar(JsonNode value, FieldRules rules) {
        if (rules.rule().getAuto() && value.isTextual() && value.textValue().equals(FieldRules.AUTO)) {
            return Optional.of(rules.auto());
        }
        // The number that stands for auto on the wire is none that a caller may write.
        return value(value, rules).filter(read -> !rules.isAuto(read));
    }

    private static Optional<Object> value(JsonNode value, FieldRules rules) {
        return switch (rules.field().getJavaType()) {
            case INT ->
                value.isIntegralNumber() && value.canConvertToInt() ? Optional.of(value.intValue()) : Optional.empty();
            case LONG ->
                value.isIntegralNumber() && value.canConvertToLong()
                        ? Optional.of(value.longValue())
                        : Optional.empty();
            case FLOAT -> value.isNumber() ? Optional.of(value.floatValue()) : Optional.empty();
            case DOUBLE -> value.isNumber() ? Optional.of(value.doubleValue()) : Optional.empty();
            case BOOLEAN -> value.isBoolean() ? Optional.of(value.booleanValue()) : Optional.empty();
            case STRING -> value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
            case ENUM -> value.isTextual() ? rules.valueOf(value.textValue()).map(word -> word) : Optional.empty();
            case MESSAGE, BYTE_STRING -> Optional.empty();
        };
    }

    /**
     * Adds every break of the rules that the .proto states.
     *
     * @param path of {@code spec} within what the caller sent; may be empty
     */
    public static void check(Message spec, String path, Violations violations) {
        for (FieldDescriptor field : spec.getDescriptorForType().getFields()) {
            FieldRules rules = FieldRules.of(field);
            String fieldPath = Violations.join(path, rules.key());
            if (field.isRepeated()) {
                checkList(spec, rules, fieldPath, violations);
            } else if (isPresent(spec, field)) {
                checkValue(spec.getField(field), rules, fieldPath, violations);
            } else if (rules.rule().getRequired()) {
                violations.add(fieldPath, "missing", rules.expected());
            }
        }
    }

    private static boolean isPresent(Message spec, FieldDescriptor field) {
        return field.hasPresence()
                ? spec.hasField(field)
                : !spec.getField(field).equals(field.getDefaultValue());
    }

    private static void checkList(Message spec, FieldRules rules, String path, Violations violations) {
        FieldDescriptor field = rules.field();
        int items = spec.getRepeatedFieldCount(field);
        int max = rules.rule().getMaxItems();
        if (items == 0 && rules.rule().getRequired()) {
            violations.add(path, "missing", rules.expectedList());
        }
        if (max > 0 && items > max) {
            violations.add(path, items + " elements", rules.expectedList());
            return;
        }
        for (int i = 0; i < items; i++) {
            checkValue(spec.getRepeatedField(field, i), rules, path + "[" + i + "]", violations);
        }
    }

    private static void checkValue(Object value, FieldRules rules, String path, Violations violations) {
        if (rules.isAuto(value)) {
            return;
        }
        boolean right =
                switch (rules.field().getJavaType()) {
                    case INT, LONG, FLOAT, DOUBLE -> rules.inBounds(((Number) value).doubleValue());
                    case STRING -> rules.fits((String) value);
                    case ENUM -> isKnown((EnumValueDescriptor) value);
                    case MESSAGE -> {
                        check((Message) value, path, violations);
                        yield true;
                    }
                    case BOOLEAN, BYTE_STRING -> true;
                };
        if (!right) {
            violations.add(path, shown(value, rules), rules.expected());
        }
    }

    private static boolean isKnown(EnumValueDescriptor value) {
        // A number that this version does not know has no index in its type.
        return value.getNumber() != 0 && value.getIndex() >= 0;
    }

    /** The spec with the default of every field that is absent and has one; sections that are present are completed too. */
    @SuppressWarnings("unchecked")
    public static <M extends Message> M complete(M spec) {
        Message.Builder completed = spec.toBuilder();
        for (FieldDescriptor field : spec.getDescriptorForType().getFields()) {
            if (field.isRepeated()) {
                continue;
            }
            if (field.getJavaType() == JavaType.MESSAGE) {
                if (spec.hasField(field)) {
                    completed.setField(field, complete((Message) spec.getField(field)));
                }
            } else if (!isPresent(spec, field)) {
                FieldRules.of(field).defaultValue().ifPresent(value -> completed.setField(field, value));
            }
        }
        return (M) completed.build();
    }

    /**
     * A Markdown table of a spec's keys, one row each, sections below their key with a dot.
     *
     * @param meaning what the .proto says of a field, in one line
     */
    public static String table(Descriptor spec, Function<FieldDescriptor, String> meaning) {
        StringBuilder text = new StringBuilder("| key | values | default | meaning |\n|---|---|---|---|\n");
        rows(spec, "", meaning, text);
        return text.toString();
    }

    private static void rows(
            Descriptor spec, String path, Function<FieldDescriptor, String> meaning, StringBuilder text) {
        for (FieldDescriptor field : spec.getFields()) {
            FieldRules rules = FieldRules.of(field);
            if (rules.isHidden()) {
                continue;
            }
            String key = Violations.join(path, rules.key());
            if (field.getJavaType() == JavaType.MESSAGE && !field.isMapField()) {
                rows(field.getMessageType(), key + (field.isRepeated() ? "[]" : ""), meaning, text);
                continue;
            }
            text.append("| `%s` | %s | %s | %s |\n"
                    .formatted(
                            key,
                            cell(field.isRepeated() ? rules.expectedList() : rules.expected()),
                            cell(defaultText(rules)),
                            cell(meaning.apply(field))));
        }
    }

    private static String defaultText(FieldRules rules) {
        // A default that breaks its own rule must not reach the documentation.
        rules.defaultValue().ifPresent(value -> {
            Violations violations = new Violations();
            checkValue(value, rules, rules.field().getFullName(), violations);
            if (!violations.isEmpty()) {
                throw new IllegalStateException("default: " + violations.list().get(0));
            }
        });
        if (!rules.rule().getFollows().isEmpty()) {
            return rules.rule().getFollows();
        }
        if (rules.rule().getRequired()) {
            return "required";
        }
        return rules.rule().getDefault().isEmpty() ? "" : "`" + rules.rule().getDefault() + "`";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace('\n', ' ');
    }

    /** A value as a message shows it. */
    public static String shown(JsonNode value) {
        if (value.isObject()) {
            return "keys with values";
        }
        if (value.isArray()) {
            return "a list";
        }
        // To YAML, NaN without its dot is a text; to who wrote it, it is none.
        if (value.isTextual() && !value.textValue().equals("NaN")) {
            return '"' + cut(value.textValue()) + '"';
        }
        return value.isNull() ? "nothing" : cut(value.asText());
    }

    private static String shown(Object value, FieldRules rules) {
        if (value instanceof String text) {
            return '"' + cut(text) + '"';
        }
        if (value instanceof EnumValueDescriptor constant) {
            return isKnown(constant) ? FieldRules.word(constant) : Integer.toString(constant.getNumber());
        }
        if (rules.isWhole()) {
            return value.toString();
        }
        double number = ((Number) value).doubleValue();
        return number == Math.rint(number) && Math.abs(number) < 1e15 ? Long.toString((long) number) : value.toString();
    }

    private static String cut(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }
}
