package io.maru.proto;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.maru.options.v1.Options;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/*
 * Everything that a peer built against these contracts relies on, one line each:
 *
 *     message maru.checkpoint.v1.StoredFile
 *       1 file_name string
 *     enum maru.checkpoint.v1.Checkpoint.State
 *       1 ACTIVE
 *     service maru.checkpoint.v1.CheckpointService
 *       GetCheckpoint(maru.checkpoint.v1.GetCheckpointRequest) returns (maru.checkpoint.v1.Checkpoint)
 *
 * A change is compatible if it only adds lines: to remove, rename, renumber or retype something makes its line vanish.
 * Until version 1.0 lines may vanish, and contracts.txt shows it in review.
 */
/** The contracts in a readable text form. */
final class Baseline {
    private final StringBuilder text = new StringBuilder();

    private Baseline() {}

    static String describe(List<FileDescriptor> files) {
        Baseline baseline = new Baseline();
        for (FileDescriptor file : files) {
            file.getServices().forEach(baseline::describe);
            file.getExtensions().forEach(baseline::describeExtension);
            file.getEnumTypes().forEach(baseline::describe);
            for (Descriptor message : Contracts.messages(file)) {
                baseline.describe(message);
                message.getEnumTypes().forEach(baseline::describe);
            }
        }
        return baseline.text.toString();
    }

    private void describe(ServiceDescriptor service) {
        line("service " + service.getFullName());
        for (MethodDescriptor method : service.getMethods()) {
            line("  %s(%s%s) returns (%s%s)"
                            .formatted(
                                    method.getName(),
                                    method.isClientStreaming() ? "stream " : "",
                                    method.getInputType().getFullName(),
                                    method.isServerStreaming() ? "stream " : "",
                                    method.getOutputType().getFullName())
                    + permission(method));
        }
    }

    private void describeExtension(FieldDescriptor extension) {
        line("extension of " + extension.getContainingType().getFullName());
        line(String.format(Locale.ROOT, "  %d %s %s", extension.getNumber(), extension.getName(), type(extension)));
    }

    private void describe(Descriptor message) {
        line("message " + message.getFullName());
        for (FieldDescriptor field : message.getFields()) {
            line(String.format(
                    Locale.ROOT, "  %d %s %s%s", field.getNumber(), field.getName(), label(field), type(field)));
        }
    }

    private void describe(EnumDescriptor type) {
        line("enum " + type.getFullName());
        type.getValues().forEach(value -> line("  " + value.getNumber() + " " + value.getName()));
    }

    private static String permission(MethodDescriptor method) {
        String permission = method.getOptions().getExtension(Options.permission);
        return permission.isEmpty() ? "" : " needs " + permission;
    }

    private static String label(FieldDescriptor field) {
        if (field.isRepeated()) {
            return "repeated ";
        }
        if (field.getRealContainingOneof() != null) {
            return "oneof " + field.getRealContainingOneof().getName() + " ";
        }
        return field.toProto().getProto3Optional() ? "optional " : "";
    }

    private static String type(FieldDescriptor field) {
        return switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().name().toLowerCase(java.util.Locale.ROOT);
        };
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    /** Each line of a description with the heading above it, so that it says alone what it means. */
    static Set<String> facts(String description) {
        Set<String> facts = new LinkedHashSet<>();
        String heading = "";
        for (String line : description.lines().toList()) {
            if (!line.startsWith(" ")) {
                heading = line;
                facts.add(line);
            } else {
                facts.add(heading + ":" + line.substring(1));
            }
        }
        return facts;
    }
}
