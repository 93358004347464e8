package io.maru.training.grpc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.maru.options.v1.Options;
import io.maru.platform.spec.Spec;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.TrainingSpec;
import java.util.stream.IntStream;

/*
 * The spec of the contract and that of the domain have fields of the same names, and JSON is where they meet. So a new
 * field needs nothing here:
 *
 *     message, absent fields --defaults of the .proto--> message --JSON--> record, FOLLOWS where there is no default
 *     record --JSON--> message, absent where it still follows
 */
/** Turns the spec of the wire into that of the domain, and back. */
final class SpecMapping {
    private static final JsonMapper JSON = new JsonMapper();

    private SpecMapping() {}

    static TrainingSpec toDomain(io.maru.training.v1.TrainingSpec spec) {
        io.maru.training.v1.TrainingSpec.Builder complete =
                (io.maru.training.v1.TrainingSpec.Builder) complete(spec).toBuilder();
        boolean shaped = spec.hasModel();
        try {
            TrainingSpec domain = JSON.readValue(
                    JsonFormat.printer().alwaysPrintFieldsWithNoPresence().print(complete), TrainingSpec.class);
            return shaped ? domain : domain.with(ModelSpec.OF_INIT);
        } catch (InvalidProtocolBufferException | JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static io.maru.training.v1.TrainingSpec toProto(TrainingSpec spec) {
        io.maru.training.v1.TrainingSpec.Builder proto = io.maru.training.v1.TrainingSpec.newBuilder();
        try {
            JsonFormat.parser().merge(JSON.writeValueAsString(spec), proto);
        } catch (InvalidProtocolBufferException | JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        return (io.maru.training.v1.TrainingSpec) withoutWhatFollows(proto.build());
    }

    /** With every default; what follows from other fields is FOLLOWS. */
    private static Message complete(Message spec) {
        Message.Builder complete = Spec.complete(withoutUnknownWords(spec)).toBuilder();
        for (FieldDescriptor field : complete.getDescriptorForType().getFields()) {
            if (field.isRepeated()) {
                if (field.getJavaType() == JavaType.MESSAGE) {
                    IntStream.range(0, complete.getRepeatedFieldCount(field))
                            .forEach(i -> complete.setRepeatedField(
                                    field, i, complete((Message) complete.getRepeatedField(field, i))));
                }
            } else if (field.getJavaType() == JavaType.MESSAGE) {
                if (complete.hasField(field)) {
                    complete.setField(field, complete((Message) complete.getField(field)));
                }
            } else if (follows(field) && !complete.hasField(field)) {
                complete.setField(field, followsValue(field));
            }
        }
        return complete.build();
    }

    /** Whoever sent a word that there is not hears of it by other means. */
    private static Message withoutUnknownWords(Message spec) {
        Message.Builder known = spec.toBuilder();
        spec.getAllFields().forEach((field, value) -> {
            if (value instanceof EnumValueDescriptor word && (word.getNumber() == 0 || word.getIndex() < 0)) {
                known.clearField(field);
            }
        });
        return known.build();
    }

    private static Message withoutWhatFollows(Message spec) {
        Message.Builder told = spec.toBuilder();
        spec.getAllFields().forEach((field, value) -> {
            if (follows(field) && value.equals(followsValue(field))) {
                told.clearField(field);
            } else if (value instanceof Message message) {
                told.setField(field, withoutWhatFollows(message));
            }
        });
        return told.build();
    }

    private static boolean follows(FieldDescriptor field) {
        return !field.getOptions().getExtension(Options.field).getFollows().isEmpty();
    }

    private static Object followsValue(FieldDescriptor field) {
        return switch (field.getJavaType()) {
            case INT -> TrainingSpec.FOLLOWS;
            case LONG -> (long) TrainingSpec.FOLLOWS;
            case DOUBLE -> (double) TrainingSpec.FOLLOWS;
            case FLOAT, BOOLEAN, STRING, BYTE_STRING, ENUM, MESSAGE ->
                throw new IllegalStateException(field.getFullName() + ": follows (expected: of a number)");
        };
    }
}
