package io.maru.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.maru.checkpoint.v1.CheckpointOuterClass;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * What the contracts say is written down, so that review sees each change. From version 1.0 on nothing that a peer relies
 * on may go.
 */
class CompatibilityTest {
    private static final Path BASELINE = Contracts.module().resolve("src/test/resources/contracts.txt");
    /** Set to true, the baseline becomes what the .proto files say now. */
    private static final String RECORD = "maru.record";

    private static final String BREAKS =
            "removed, renumbered or retyped: peers break. Add a field, or a new version of the package";

    @Test
    void theBaselineIsWhatTheContractsSay() {
        String now = Baseline.describe(Contracts.files());
        if (Boolean.getBoolean(RECORD)) {
            if (!mayBreak(Contracts.version())) {
                assertThat(lost(Contracts.read(BASELINE), now)).as(BREAKS).isEmpty();
            }
            Contracts.write(BASELINE, now);
        }
        String recorded = Contracts.read(BASELINE);

        if (!mayBreak(Contracts.version())) {
            assertThat(lost(recorded, now)).as(BREAKS).isEmpty();
        }
        assertThat(recorded)
                .as("%s: record what changed with -D%s=true, for review", BASELINE.getFileName(), RECORD)
                .isEqualTo(now);
    }

    @Test
    void contractsMayBreakUntilVersionOne() {
        assertThat(mayBreak("0.1.0")).isTrue();
        assertThat(mayBreak("0.12.3")).isTrue();
        assertThat(mayBreak("1.0.0")).isFalse();
        assertThat(mayBreak("10.2.0")).isFalse();
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
                        + "maru.checkpoint.v1.GetCheckpointRequest) returns (maru.checkpoint.v1.Checkpoint)"
                        + " needs checkpoints.get");
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

    private static boolean mayBreak(String version) {
        return version.startsWith("0.");
    }

    private static Set<String> lost(String before, String after) {
        return missing(Baseline.facts(before), Baseline.facts(after));
    }

    private static Set<String> lostBy(Consumer<FileDescriptorProto.Builder> change) {
        FileDescriptor before = CheckpointOuterClass.getDescriptor();
        FileDescriptorProto.Builder changed = before.toProto().toBuilder();
        change.accept(changed);
        try {
            FileDescriptor after = FileDescriptor.buildFrom(
                    changed.build(), before.getDependencies().toArray(FileDescriptor[]::new));
            return lost(Baseline.describe(List.of(before)), Baseline.describe(List.of(after)));
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
