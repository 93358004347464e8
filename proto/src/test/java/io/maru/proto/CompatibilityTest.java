package io.maru.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.maru.checkpoint.v1.CheckpointOuterClass;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The contracts may grow, and nothing that a peer relies on may go. */
class CompatibilityTest {
    private static final Path BASELINE = Contracts.module().resolve("src/test/resources/contracts.txt");
    /** Set to true, the baseline becomes what the .proto files say now. */
    private static final String RECORD = "maru.record";

    @Test
    void keepsEverythingThatTheBaselinePromises() {
        String now = Baseline.describe(Contracts.files());
        if (Boolean.getBoolean(RECORD) || !Files.exists(BASELINE)) {
            Contracts.write(BASELINE, now);
        }
        Set<String> promised = Baseline.facts(Contracts.read(BASELINE));
        Set<String> kept = Baseline.facts(now);

        assertThat(missing(promised, kept))
                .as("removed, renumbered or retyped: peers break. Add a field, or a new version of the package")
                .isEmpty();

        Set<String> added = missing(kept, promised);
        if (!added.isEmpty()) {
            System.out.printf(
                    "%d additions to the contracts are not in %s yet. Record them with -D%s=true:%n%s%n",
                    added.size(), BASELINE.getFileName(), RECORD, String.join("\n", added));
        }
    }

    @Test
    void aRenumberedFieldIsABreak() {
        assertThat(lostBy(
                        file -> file.getMessageTypeBuilder(0).getFieldBuilder(1).setNumber(9)))
                .containsExactly("message maru.checkpoint.v1.StoredFile: 2 size int64");
    }

    @Test
    void aRetypedFieldIsABreak() {
        assertThat(lostBy(file -> file.getMessageTypeBuilder(0)
                        .getFieldBuilder(1)
                        .setType(com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type.TYPE_DOUBLE)))
                .containsExactly("message maru.checkpoint.v1.StoredFile: 2 size int64");
    }

    @Test
    void aRemovedFieldIsABreak() {
        assertThat(lostBy(file -> file.getMessageTypeBuilder(0).removeField(2)))
                .containsExactly("message maru.checkpoint.v1.StoredFile: 3 sha256 string");
    }

    @Test
    void aMethodThatBecomesAStreamIsABreak() {
        assertThat(lostBy(file -> file.getServiceBuilder(0).getMethodBuilder(1).setServerStreaming(true)))
                .containsExactly("service maru.checkpoint.v1.CheckpointService: GetCheckpoint("
                        + "maru.checkpoint.v1.GetCheckpointRequest) returns (maru.checkpoint.v1.Checkpoint)");
    }

    @Test
    void anAddedFieldIsNoBreak() {
        assertThat(lostBy(file -> file.getMessageTypeBuilder(0)
                        .addFieldBuilder()
                        .setName("media_type")
                        .setNumber(4)
                        .setLabel(com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label.LABEL_OPTIONAL)
                        .setType(com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type.TYPE_STRING)))
                .isEmpty();
    }

    private static Set<String> lostBy(Consumer<FileDescriptorProto.Builder> change) {
        FileDescriptor before = CheckpointOuterClass.getDescriptor();
        FileDescriptorProto.Builder changed = before.toProto().toBuilder();
        change.accept(changed);
        try {
            FileDescriptor after = FileDescriptor.buildFrom(
                    changed.build(), before.getDependencies().toArray(FileDescriptor[]::new));
            return missing(
                    Baseline.facts(Baseline.describe(List.of(before))),
                    Baseline.facts(Baseline.describe(List.of(after))));
        } catch (com.google.protobuf.Descriptors.DescriptorValidationException e) {
            throw new AssertionError(e);
        }
    }

    private static Set<String> missing(Set<String> expected, Set<String> actual) {
        Set<String> missing = new LinkedHashSet<>(expected);
        missing.removeAll(actual);
        return missing;
    }
}
