package io.maru.checkpoint.app;

import static io.maru.checkpoint.app.CheckpointsTest.assertRefused;
import static io.maru.checkpoint.domain.CheckpointReason.CHECKPOINT_CORRUPT;
import static io.maru.checkpoint.domain.CheckpointReason.CHECKPOINT_NOT_FOUND;
import static io.maru.checkpoint.domain.CheckpointReason.MODEL_VERSION_NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.checkpoint.domain.Origin;
import io.maru.formats.Manifest;
import io.maru.platform.error.CommonReason;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModelVersionsTest {
    private static final String TALES = "workspaces/w/models/tales";

    private final InMemoryBytes bytes = new InMemoryBytes();
    private final InMemoryCheckpoints registered = new InMemoryCheckpoints();
    private final InMemoryModels catalog = new InMemoryModels();
    private final Checkpoints checkpoints = new Checkpoints(registered, bytes, Clock.systemUTC());
    private final ModelVersions models = new ModelVersions(catalog, checkpoints, bytes, Clock.systemUTC());

    @Test
    void publishesTheHuggingFaceFilesWithAManifestOfTheirOwn() {
        CheckpointName checkpoint = registered(500);

        ModelVersion version = models.promote("p1", checkpoint, TALES, "ann");

        assertThat(version.name()).hasToString("workspaces/w/models/tales/versions/1");
        assertThat(version.manifest().entries())
                .extracting(Manifest.Entry::key)
                .containsExactly(
                        "config.json",
                        "generation_config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json");
        assertThat(bytes.objects.get("workspaces/w/models/tales/versions/1/manifest.json"))
                .isEqualTo(version.manifest().toJson());
        assertThat(bytes.objects.get("workspaces/w/models/tales/versions/1/model.safetensors"))
                .isEqualTo(bytes.objects.get("workspaces/w/runs/a/checkpoints/train-500/model.safetensors"));
        assertThat(version.origin().dataset()).isEqualTo("workspaces/w/datasets/a");
        assertThat(version.origin().tokenizer()).isEqualTo("workspaces/w/tokenizers/a");
        assertThat(catalog.facts).containsExactly("published workspaces/w/models/tales/versions/1");
    }

    @Test
    void answersTheFirstVersionWhenTheRequestComesAgain() {
        CheckpointName checkpoint = registered(500);
        ModelVersion first = models.promote("p1", checkpoint, TALES, "ann");

        assertThat(models.promote("p1", checkpoint, TALES, "ann")).isEqualTo(first);
        assertThat(catalog.facts).hasSize(1);
    }

    @Test
    void refusesARequestIdThatPromotedSomethingElse() {
        models.promote("p1", registered(500), TALES, "ann");
        CheckpointName other = registered(600);

        assertRefused(CommonReason.REQUEST_ID_REUSED, () -> models.promote("p1", other, TALES, "ann"));
        assertRefused(
                CommonReason.REQUEST_ID_REUSED,
                () -> models.promote(
                        "p1",
                        new CheckpointName("workspaces/w/runs/a", "train", 500),
                        "workspaces/w/models/other",
                        "ann"));
    }

    @Test
    void goesOnWithTheSameNumberAfterAPromotionThatWasCutOff() {
        CheckpointName checkpoint = registered(500);
        catalog.reserve("p1", TALES, Origin.of(checkpoints.get(checkpoint), "ann"), java.time.Instant.EPOCH);
        assertThat(catalog.newest(TALES)).isEmpty();

        assertThat(models.promote("p1", checkpoint, TALES, "ann").name().version())
                .isEqualTo(1);
        assertThat(models.promote("p2", checkpoint, TALES, "ann").name().version())
                .isEqualTo(2);
    }

    @Test
    void findsTheNewestVersionOfAModel() {
        models.promote("p1", registered(500), TALES, "ann");
        models.promote("p2", registered(600), TALES, "ann");
        models.promote("p3", registered(700), "workspaces/w/models/other", "ann");

        assertThat(models.newest(TALES).origin().checkpoint().orElseThrow().step())
                .isEqualTo(600);
        assertThat(models.listOf(TALES, Long.MAX_VALUE, 10))
                .extracting(version -> version.name().version())
                .containsExactly(2L, 1L);
        assertThat(models.list("w", Long.MAX_VALUE, 10)).hasSize(3);
        assertThat(models.list("other", Long.MAX_VALUE, 10)).isEmpty();
    }

    @Test
    void neverPublishesACheckpointThatRottedUnseen() {
        CheckpointName checkpoint = registered(500);
        bytes.objects.get(checkpoint.key("model.safetensors"))[7] ^= 1;

        assertRefused(CHECKPOINT_CORRUPT, () -> models.promote("p1", checkpoint, TALES, "ann"));

        assertThat(checkpoints.get(checkpoint).isCorrupt()).isTrue();
        assertThat(bytes.objects).doesNotContainKey("workspaces/w/models/tales/versions/1/manifest.json");
        assertThat(catalog.newest(TALES)).isEqualTo(Optional.empty());
    }

    @Test
    void neverPublishesACheckpointThatLostAFile() {
        CheckpointName checkpoint = registered(500);
        bytes.objects.remove(checkpoint.key("config.json"));

        assertRefused(CHECKPOINT_CORRUPT, () -> models.promote("p1", checkpoint, TALES, "ann"));
    }

    @Test
    void refusesACheckpointKnownToBeCorruptWithoutTakingANumber() {
        CheckpointName checkpoint = registered(500);
        registered.markCorrupt(checkpoint, "rot");

        assertRefused(CHECKPOINT_CORRUPT, () -> models.promote("p1", checkpoint, TALES, "ann"));
        assertThat(catalog.findByRequest("p1")).isEmpty();
    }

    @Test
    void refusesWhatIsNotThere() {
        assertRefused(
                CHECKPOINT_NOT_FOUND,
                () -> models.promote("p1", new CheckpointName("workspaces/w/runs/a", "train", 1), TALES, "ann"));
        assertRefused(MODEL_VERSION_NOT_FOUND, () -> models.newest(TALES));
        assertRefused(MODEL_VERSION_NOT_FOUND, () -> models.get(new ModelVersionName(TALES, 1)));
    }

    private CheckpointName registered(long step) {
        return checkpoints.register("r" + step, Trained.files(bytes, step, "x")).name();
    }
}
