package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.CHECKPOINT_EXISTS;
import static io.maru.checkpoint.domain.CheckpointReason.CHECKPOINT_NOT_FOUND;
import static io.maru.checkpoint.domain.CheckpointReason.FILE_CORRUPT;
import static io.maru.checkpoint.domain.CheckpointReason.FILE_MISSING;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointFile;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.Registration;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Reason;
import io.maru.platform.error.Refusal;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class CheckpointsTest {
    private static final String MANIFEST = "workspaces/w/runs/a/checkpoints/train-500/manifest.json";
    private static final String WEIGHTS = "workspaces/w/runs/a/checkpoints/train-500/model.safetensors";

    private final InMemoryCheckpoints catalog = new InMemoryCheckpoints();
    private final InMemoryBytes bytes = new InMemoryBytes();
    private final Checkpoints checkpoints = new Checkpoints(catalog, bytes, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));

    @Test
    void sealsTheFilesWithAManifestAndTellsOfThem() {
        Checkpoint checkpoint = checkpoints.register("r1", Trained.files(bytes, 500, "x"));

        assertThat(checkpoint.state()).isEqualTo(Checkpoint.State.ACTIVE);
        assertThat(bytes.objects.get(MANIFEST)).isEqualTo(checkpoint.manifest().toJson());
        assertThat(checkpoint.manifest().entries())
                .extracting(Manifest.Entry::key)
                .containsExactlyElementsOf(CheckpointFile.fileNames());
        assertThat(catalog.facts).containsExactly("registered workspaces/w/runs/a/checkpoints/train-500");
    }

    @Test
    void answersTheFirstCheckpointWhenTheSameContentComesAgain() {
        Registration registration = Trained.files(bytes, 500, "x");
        Checkpoint first = checkpoints.register("r1", registration);

        assertThat(checkpoints.register("r1", registration)).isEqualTo(first);
        assertThat(checkpoints.register("r2", registration)).isEqualTo(first);
        assertThat(catalog.facts).hasSize(1);
    }

    @Test
    void refusesOtherContentForATakenNameAndLeavesItsManifest() {
        Checkpoint first = checkpoints.register("r1", Trained.files(bytes, 500, "x"));

        assertRefused(CHECKPOINT_EXISTS, () -> checkpoints.register("r2", Trained.files(bytes, 500, "y")));
        assertThat(bytes.objects.get(MANIFEST)).isEqualTo(first.manifest().toJson());
    }

    @Test
    void refusesARequestIdThatRegisteredSomethingElse() {
        checkpoints.register("r1", Trained.files(bytes, 500, "x"));

        assertRefused(CommonReason.REQUEST_ID_REUSED, () -> checkpoints.register("r1", Trained.files(bytes, 600, "x")));
    }

    @Test
    void refusesAFileThatIsNotThere() {
        Registration registration = Trained.files(bytes, 500, "x");
        bytes.objects.remove("workspaces/w/runs/a/checkpoints/train-500/tokenizer.json");

        assertRefused(FILE_MISSING, () -> checkpoints.register("r1", registration));
        assertThat(bytes.objects).doesNotContainKey(MANIFEST);
        assertThat(catalog.facts).isEmpty();
    }

    @Test
    void refusesAnyFileWithOneBitOfDifference() {
        for (CheckpointFile file : CheckpointFile.values()) {
            Registration registration = Trained.files(bytes, 500, "x");
            byte[] content = bytes.objects.get(registration.name().key(file.fileName()));
            content[content.length - 1] ^= 1;

            assertRefused(FILE_CORRUPT, () -> checkpoints.register("r1", registration));
        }
        assertThat(catalog.facts).isEmpty();
    }

    @Test
    void refusesTensorsWithoutAReadableHeaderEvenIfTheDigestIsRight() {
        Registration good = Trained.files(bytes, 500, "x");
        bytes.write(WEIGHTS, "no tensors".getBytes(UTF_8));
        Map<CheckpointFile, SealedFile> files = new EnumMap<>(good.files());
        files.put(CheckpointFile.MODEL, bytes.measure(WEIGHTS).orElseThrow());

        assertRefused(
                FILE_CORRUPT,
                () -> checkpoints.register(
                        "r1",
                        new Registration(
                                good.name(), files, "workspaces/w/datasets/a", "workspaces/w/tokenizers/a", 0)));
    }

    @Test
    void refusesARegistrationThatLacksAFile() {
        Registration good = Trained.files(bytes, 500, "x");
        Map<CheckpointFile, SealedFile> files = new EnumMap<>(good.files());
        files.remove(CheckpointFile.OPTIMIZER);

        assertRefused(
                CommonReason.INVALID_ARGUMENT,
                () -> new Registration(good.name(), files, "workspaces/w/datasets/a", "workspaces/w/tokenizers/a", 0));
    }

    @Test
    void refusesALossThatIsNotANumber() {
        Registration good = Trained.files(bytes, 500, "x");

        assertRefused(
                CommonReason.INVALID_ARGUMENT,
                () -> new Registration(
                        good.name(), good.files(), "workspaces/w/datasets/a", "workspaces/w/tokenizers/a", Double.NaN));
    }

    @Test
    void findsEveryChangedOrMissingFileOfACheckpoint() {
        for (String file : bytesOf(Trained.files(bytes, 500, "x"))) {
            InMemoryCheckpoints fresh = new InMemoryCheckpoints();
            Checkpoints verified = new Checkpoints(fresh, bytes, Clock.systemUTC());
            Registration registration = Trained.files(bytes, 500, "x");
            verified.register("r1", registration);
            assertThat(verified.verify(registration.name()).isCorrupt()).isFalse();

            bytes.objects.get(file)[3] ^= 4;

            assertThat(verified.verify(registration.name()).isCorrupt())
                    .as(file)
                    .isTrue();
            assertThat(fresh.facts).hasSize(2);
            assertThat(fresh.facts.get(1)).startsWith("corrupted workspaces/w/runs/a/checkpoints/train-500: " + file);
        }
    }

    @Test
    void findsAManifestThatIsGone() {
        Registration registration = Trained.files(bytes, 500, "x");
        checkpoints.register("r1", registration);
        bytes.objects.remove(MANIFEST);

        assertThat(checkpoints.verify(registration.name()).isCorrupt()).isTrue();
    }

    @Test
    void letsARunWriteACorruptCheckpointAnew() {
        Registration registration = Trained.files(bytes, 500, "x");
        checkpoints.register("r1", registration);
        bytes.objects.get(WEIGHTS)[5] ^= 1;
        checkpoints.verify(registration.name());

        Checkpoint again = checkpoints.register("r1", Trained.files(bytes, 500, "x"));

        assertThat(again.isCorrupt()).isFalse();
        assertThat(checkpoints.verify(registration.name()).isCorrupt()).isFalse();
    }

    @Test
    void aDeletedCheckpointIsListedNoMoreAndItsFilesGo() {
        Registration registration = Trained.files(bytes, 500, "x");
        checkpoints.register("r1", registration);
        checkpoints.register("r2", Trained.files(bytes, 600, "x"));

        Checkpoint deleted = checkpoints.delete(registration.name());
        checkpoints.delete(registration.name());

        assertThat(deleted.state()).isEqualTo(Checkpoint.State.DELETED);
        assertThat(checkpoints.list("workspaces/w/runs/a", "", Long.MAX_VALUE, 10))
                .extracting(each -> each.name().step())
                .containsExactly(600L);
        assertThat(checkpoints.verify(registration.name()).isDeleted()).isTrue();
        assertThat(catalog.facts).containsOnlyOnce("deleted workspaces/w/runs/a/checkpoints/train-500");
        assertThat(catalog.removals).containsExactly(registration.name());
        checkpoints.removeFiles(registration.name());
        assertThat(bytes.objects.keySet())
                .isNotEmpty()
                .allMatch(key -> key.startsWith("workspaces/w/runs/a/checkpoints/train-600/"));
    }

    /** A run whose newer checkpoints have rotted comes by again. */
    @Test
    void letsARunWriteADeletedCheckpointAnewAndKeepsItsFiles() {
        Registration registration = Trained.files(bytes, 500, "x");
        checkpoints.register("r1", registration);
        checkpoints.delete(registration.name());

        Checkpoint again = checkpoints.register("r1", Trained.files(bytes, 500, "x"));

        assertThat(again.isActive()).isTrue();
        assertThat(catalog.removals).isEmpty();
    }

    @Test
    void listsByTrainingAndOfEachTheHighestStepFirst() {
        for (String training : List.of("second", "first")) {
            for (long step : new long[] {100, 300, 200}) {
                checkpoints.register(training + step, Trained.files(bytes, training, step, "x"));
            }
        }

        List<Checkpoint> all = checkpoints.list("workspaces/w/runs/a", "", Long.MAX_VALUE, 10);

        assertThat(all)
                .extracting(each -> each.name().training() + "-" + each.name().step())
                .containsExactly("first-300", "first-200", "first-100", "second-300", "second-200", "second-100");
        assertThat(checkpoints.list("workspaces/w/runs/a", "", all.get(2).sequence(), 1))
                .containsExactly(all.get(3));
        assertThat(checkpoints.list("workspaces/w/runs/a", "second", Long.MAX_VALUE, 1))
                .containsExactly(all.get(3));
    }

    @Test
    void refusesToDeleteWhatWasNeverRegistered() {
        assertRefused(
                CHECKPOINT_NOT_FOUND, () -> checkpoints.delete(new CheckpointName("workspaces/w/runs/a", "train", 1)));
    }

    @Test
    void refusesToFindWhatWasNeverRegistered() {
        assertRefused(
                CHECKPOINT_NOT_FOUND, () -> checkpoints.get(new CheckpointName("workspaces/w/runs/a", "train", 1)));
    }

    private static List<String> bytesOf(Registration registration) {
        return CheckpointFile.fileNames().stream().map(registration.name()::key).toList();
    }

    static void assertRefused(Reason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason))
                .hasMessageContaining("expected");
    }
}
