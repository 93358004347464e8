package io.maru.platform.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.TextFormat;
import io.maru.options.v1.Options;
import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecTest {
    /** A spec with a field of each sort, as protoc would describe it. */
    private static final Descriptor SPEC = spec("""
            field { name: "steps" number: 1 type: TYPE_INT64 %OPT0%
                options { [maru.options.v1.field] { required: true auto: true min: 1 max: 1000000 } } }
            field { name: "learning_rate" number: 2 type: TYPE_DOUBLE %OPT1%
                options { [maru.options.v1.field] { above: 0 max: 1 default: "1e-3" } } }
            field { name: "beta" number: 3 type: TYPE_DOUBLE %OPT2%
                options { [maru.options.v1.field] { min: 0 below: 1 default: "0.9" } } }
            field { name: "decay" number: 4 type: TYPE_ENUM type_name: ".test.Spec.Decay" %OPT3%
                options { [maru.options.v1.field] { auto: true default: "cosine" } } }
            field { name: "shuffle" number: 5 type: TYPE_BOOL %OPT4%
                options { [maru.options.v1.field] { default: "true" } } }
            field { name: "prompt" number: 6 type: TYPE_STRING %OPT5%
                options { [maru.options.v1.field] { max_length: 5 pattern: "[a-z]*" } } }
            field { name: "model" number: 7 type: TYPE_MESSAGE type_name: ".test.Model" label: LABEL_OPTIONAL }
            field { name: "sizes" number: 8 type: TYPE_INT32 label: LABEL_REPEATED
                options { [maru.options.v1.field] { max_items: 2 min: 1 max: 9 } } }
            field { name: "seed" number: 9 type: TYPE_INT64 %OPT6%
                options { [maru.options.v1.field] { auto: true min: 0 follows: "the run's" } } }
            field { name: "run" number: 10 type: TYPE_STRING label: LABEL_OPTIONAL
                options { [maru.options.v1.field] { hidden: true } } }
            """, 7);

    @Test
    void aSectionOfARecipeBecomesTheMessage() {
        DynamicMessage spec = read("""
                {"steps": 100, "learningRate": 0.5, "decay": "linear", "shuffle": false, "prompt": "once",
                 "model": {"heads": 4}, "sizes": [1, 2]}
                """);

        assertThat(spec.getField(field("steps"))).isEqualTo(100L);
        assertThat(spec.getField(field("learning_rate"))).isEqualTo(0.5);
        assertThat(spec.getField(field("decay"))).hasToString("LINEAR");
        assertThat(spec.getField(field("shuffle"))).isEqualTo(false);
        assertThat(spec.getField(field("prompt"))).isEqualTo("once");
        assertThat(spec.getField(field("model"))).hasToString("heads: 4\n");
        assertThat(spec.getField(field("sizes"))).isEqualTo(List.of(1, 2));
        assertThat(spec.hasField(field("beta"))).isFalse();
    }

    @Test
    void autoIsZeroWhereTheBoundsRefuseItAndMinusOneElsewhere() {
        DynamicMessage spec = read("{\"steps\": \"auto\", \"seed\": \"auto\", \"decay\": \"auto\"}");

        assertThat(spec.getField(field("steps"))).isEqualTo(0L);
        assertThat(spec.getField(field("seed"))).isEqualTo(-1L);
        assertThat(spec.hasField(field("decay"))).isTrue();
        assertThat(spec.getField(field("decay"))).hasToString("DECAY_UNSPECIFIED");
        assertThat(check(spec)).isEmpty();
    }

    @Test
    void allThatCannotBeReadIsToldAtOnceWithItsPath() {
        Violations violations = new Violations();
        Spec.read(json("""
                {"steps": 1.5, "learningRat": 1, "decay": "cosin", "shuffle": "yes", "run": "runs/a",
                 "model": {"haeds": 4}, "sizes": [1, "two"], "beta": null}
                """), DynamicMessage.newBuilder(SPEC), "steps[3].train", violations);

        assertThat(violations.list())
                .extracting(Violation::toString)
                .containsExactly(
                        "steps[3].train.steps: 1.5 (expected: a whole number from 1 to 1000000, or auto)",
                        "steps[3].train.learningRat: an unknown key (expected: a known one; the nearest is"
                                + " steps[3].train.learningRate)",
                        "steps[3].train.decay: \"cosin\" (expected: cosine or linear, or auto)",
                        "steps[3].train.shuffle: \"yes\" (expected: true or false)",
                        "steps[3].train.run: an unknown key (expected: a known one; the nearest is steps[3].train.beta)",
                        "steps[3].train.model.haeds: an unknown key (expected: a known one; the nearest is"
                                + " steps[3].train.model.heads)",
                        "steps[3].train.sizes[1]: \"two\" (expected: a whole number from 1 to 9)",
                        "steps[3].train.beta: nothing (expected: a number from 0 and below 1)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "steps: 0 seed: -2 | seed: -2 (expected: a whole number >= 0, or auto)",
                "steps: 1000001 | steps: 1000001 (expected: a whole number from 1 to 1000000, or auto)",
                "steps: 1 learning_rate: 0 | learningRate: 0 (expected: a number > 0 and at most 1)",
                "steps: 1 learning_rate: nan | learningRate: NaN (expected: a number > 0 and at most 1)",
                "steps: 1 beta: 1 | beta: 1 (expected: a number from 0 and below 1)",
                "steps: 1 prompt: 'A' | prompt: \"A\" (expected: text that matches [a-z]* of at most 5 characters)",
                "steps: 1 prompt: 'longer' | prompt: \"longer\" (expected: text that matches [a-z]* of at most 5"
                        + " characters)",
                "steps: 1 model { heads: 0 } | model.heads: 0 (expected: a whole number from 1 to 256)",
                "steps: 1 model { } | model.heads: missing (expected: a whole number from 1 to 256)",
                "steps: 1 sizes: [1, 10] | sizes[1]: 10 (expected: a whole number from 1 to 9)",
                "steps: 1 sizes: [1, 2, 3] | sizes: 3 elements (expected: a list of at most 2, each a whole number from"
                        + " 1 to 9)",
                "beta: 0 | steps: missing (expected: a whole number from 1 to 1000000, or auto)"
            })
    void aValueOutOfItsBoundsIsAViolation(String text, String violation) {
        assertThat(check(parse(text))).containsExactly(violation);
    }

    /** A rate that is zero as a float would train nothing. */
    @Test
    void boundsThatExcludeTheirValueHoldForFloatsToo() {
        assertThat(check(parse("steps: 1 learning_rate: 1e-60"))).hasSize(1);
        assertThat(check(parse("steps: 1 beta: 0.9999999999"))).hasSize(1);
    }

    @Test
    void whatIsRightHasNoViolation() {
        assertThat(check(parse("steps: 1000000 learning_rate: 1 beta: 0 decay: LINEAR prompt: 'abcde' sizes: 9")))
                .isEmpty();
    }

    @Test
    void absentFieldsGetTheirDefaultAndPresentOnesKeepTheirValue() {
        DynamicMessage spec = Spec.complete(parse("steps: 7 beta: 0.5 model { heads: 3 }"));

        assertThat(spec.getField(field("steps"))).isEqualTo(7L);
        assertThat(spec.getField(field("learning_rate"))).isEqualTo(1e-3);
        assertThat(spec.getField(field("beta"))).isEqualTo(0.5);
        assertThat(spec.getField(field("decay"))).hasToString("COSINE");
        assertThat(spec.getField(field("shuffle"))).isEqualTo(true);
        assertThat(spec.hasField(field("seed"))).isFalse();
        assertThat(spec.getField(field("model"))).hasToString("heads: 3\nlayers: 2\n");
    }

    @Test
    void aTableHasARowForEachKey() {
        assertThat(Spec.table(SPEC, FieldDescriptor::getName)).isEqualTo("""
                | key | values | default | meaning |
                |---|---|---|---|
                | `steps` | a whole number from 1 to 1000000, or auto | required | steps |
                | `learningRate` | a number > 0 and at most 1 | `1e-3` | learning_rate |
                | `beta` | a number from 0 and below 1 | `0.9` | beta |
                | `decay` | cosine or linear, or auto | `cosine` | decay |
                | `shuffle` | true or false | `true` | shuffle |
                | `prompt` | text that matches [a-z]* of at most 5 characters |  | prompt |
                | `model.heads` | a whole number from 1 to 256 | required | heads |
                | `model.layers` | a whole number from 1 to 96 | `2` | layers |
                | `sizes` | a list of at most 2, each a whole number from 1 to 9 |  | sizes |
                | `seed` | a whole number >= 0, or auto | the run's | seed |
                """);
    }

    @Test
    void aDefaultThatBreaksItsOwnRuleIsNotDocumented() {
        Descriptor wrong = spec("""
                field { name: "steps" number: 1 type: TYPE_INT64 %OPT0%
                    options { [maru.options.v1.field] { min: 1 default: "0" } } }
                """, 1);

        assertThatThrownBy(() -> Spec.table(wrong, FieldDescriptor::getName))
                .hasMessage("default: test.Spec.steps: 0 (expected: a whole number >= 1)");
    }

    private static DynamicMessage read(String json) {
        DynamicMessage.Builder spec = DynamicMessage.newBuilder(SPEC);
        Violations violations = new Violations();
        Spec.read(json(json), spec, "", violations);
        assertThat(violations.list()).isEmpty();
        return spec.build();
    }

    private static List<String> check(DynamicMessage spec) {
        Violations violations = new Violations();
        Spec.check(spec, "", violations);
        return violations.list().stream().map(Violation::toString).toList();
    }

    private static DynamicMessage parse(String text) {
        try {
            DynamicMessage.Builder spec = DynamicMessage.newBuilder(SPEC);
            TextFormat.merge(text, spec);
            return spec.build();
        } catch (TextFormat.ParseException e) {
            throw new AssertionError(e);
        }
    }

    private static FieldDescriptor field(String name) {
        return SPEC.findFieldByName(name);
    }

    private static ObjectNode json(String text) {
        try {
            return (ObjectNode) new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /** A proto3 optional is a oneof of one. */
    private static Descriptor spec(String fields, int optionals) {
        StringBuilder text = new StringBuilder("""
                name: "test.proto" package: "test" syntax: "proto3"
                message_type { name: "Model"
                    field { name: "heads" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL proto3_optional: true
                        oneof_index: 0 options { [maru.options.v1.field] { required: true min: 1 max: 256 } } }
                    field { name: "layers" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL proto3_optional: true
                        oneof_index: 1 options { [maru.options.v1.field] { min: 1 max: 96 default: "2" } } }
                    oneof_decl { name: "_heads" } oneof_decl { name: "_layers" } }
                message_type { name: "Spec"
                    enum_type { name: "Decay" value { name: "DECAY_UNSPECIFIED" number: 0 }
                        value { name: "COSINE" number: 1 } value { name: "LINEAR" number: 2 } }
                """);
        String with = fields;
        for (int i = 0; i < optionals; i++) {
            with = with.replace("%OPT" + i + "%", "label: LABEL_OPTIONAL proto3_optional: true oneof_index: " + i);
        }
        text.append(with);
        for (int i = 0; i < optionals; i++) {
            text.append("oneof_decl { name: \"_o").append(i).append("\" }\n");
        }
        text.append("}");
        try {
            ExtensionRegistry registry = ExtensionRegistry.newInstance();
            Options.registerAllExtensions(registry);
            FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder();
            TextFormat.merge(text, registry, file);
            return FileDescriptor.buildFrom(file.build(), new FileDescriptor[0]).findMessageTypeByName("Spec");
        } catch (TextFormat.ParseException | DescriptorValidationException e) {
            throw new AssertionError(e);
        }
    }
}
