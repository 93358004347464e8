package io.maru.inference.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.maru.inference.domain.InferenceReason;
import io.maru.inference.domain.LoadedModel;
import io.maru.inference.domain.ModelVersion;
import io.maru.platform.error.Refusal;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ModelsTest {
    private static final String A = "workspaces/w/models/a/versions/1";
    private static final String B = "workspaces/w/models/b/versions/1";
    private static final String C = "workspaces/w/models/c/versions/1";

    private final ScriptedModel a = new ScriptedModel(8, 1, 2, 3);
    private final ScriptedModel b = new ScriptedModel(8, 1);
    private final ScriptedModel c = new ScriptedModel(8, 1);
    private final Catalog catalog = new Catalog().with(A, a).with(B, b).with(C, c);

    @Test
    void loadsAModelAtItsFirstUseAndAnnouncesIt() {
        Models models = catalog.models(2);
        assertThat(models.loaded("w")).isEmpty();

        models.acquire("workspaces/w/models/a").close();
        models.acquire(A).close();

        LoadedModel expected = new LoadedModel(A, 3, ScriptedModel.TOKENIZER.vocabularySize(), 8, Catalog.NOW);
        assertThat(models.loaded("w")).containsExactly(expected);
        assertThat(catalog.announced).containsExactly(expected);
        assertThat(catalog.loads).hasValue(1);
    }

    @Test
    void aWorkspaceSeesItsOwnModelsOnly() {
        Models models = catalog.models(2);
        models.acquire(A).close();

        assertThat(models.loaded("other")).isEmpty();
        assertThat(models.count()).isEqualTo(1);
    }

    @Test
    void manyWhoAskAtOnceCauseOneLoad() throws Exception {
        Models models = catalog.models(2);
        catalog.mayLoad = new CountDownLatch(1);
        ExecutorService callers = Executors.newFixedThreadPool(8);
        try {
            List<Future<LanguageModel>> found = Stream.generate(() -> callers.submit(() -> {
                        try (Models.Lease lease = models.acquire(A)) {
                            return lease.model();
                        }
                    }))
                    .limit(8)
                    .toList();
            await().until(() -> catalog.loads.get() > 0);
            catalog.mayLoad.countDown();

            for (Future<LanguageModel> model : found) {
                assertThat(model.get(10, SECONDS)).isSameAs(a);
            }
            assertThat(catalog.loads).hasValue(1);
        } finally {
            callers.shutdownNow();
        }
    }

    @Test
    void theIdleModelThatWasUsedLeastRecentlyGoes() {
        Models models = catalog.models(2);
        models.acquire(A).close();
        models.acquire(B).close();
        models.acquire(A).close();

        models.acquire(C).close();

        assertThat(models.loaded("w")).extracting(LoadedModel::version).containsExactly(A, C);
        assertThat(b.closed).isTrue();
        assertThat(a.closed).isFalse();
    }

    @Test
    void aModelInUseStaysAndTheNewcomerIsRefused() {
        Models models = catalog.models(1);
        try (Models.Lease lease = models.acquire(A)) {
            assertThatThrownBy(() -> models.acquire(B))
                    .isInstanceOf(Refusal.class)
                    .extracting(e -> ((Refusal) e).reason())
                    .isEqualTo(InferenceReason.MODELS_BUSY);
            assertThat(lease.model()).isSameAs(a);
            assertThat(a.closed).isFalse();
        }
        models.acquire(B).close();
        assertThat(a.closed).isTrue();
    }

    @Test
    void anUnloadedModelIsClosedAfterItsLastUser() {
        Models models = catalog.models(2);
        Models.Lease lease = models.acquire(A);

        models.unload("workspaces/w/models/a");
        assertThat(models.loaded("w")).isEmpty();
        assertThat(a.closed).isFalse();

        lease.close();
        lease.close();
        assertThat(a.closed).isTrue();
    }

    @Test
    void unloadingWhatIsNotLoadedDoesNothing() {
        Models models = catalog.models(2);

        models.unload(B);

        assertThat(b.closed).isFalse();
    }

    @Test
    void aFailedLoadLeavesRoomAndMayBeTriedAgain() {
        Models models = catalog.models(1);
        assertThatThrownBy(() -> models.acquire("workspaces/w/models/none"))
                .hasMessage("workspaces/w/models/none: not found (expected: a model version)");

        models.acquire(A).close();

        assertThat(models.loaded("w")).hasSize(1);
    }

    @Test
    void aModelThatCannotBeAnnouncedIsNotLoaded() {
        Models models = new Models(
                name -> new ModelVersion(name, "0".repeat(64), List.of()),
                version -> Path.of(version.name()),
                directory -> a,
                1,
                Clock.systemUTC(),
                about -> {
                    throw new IllegalStateException("no database");
                });

        assertThatThrownBy(() -> models.acquire(A)).hasMessage("no database");

        assertThat(a.closed).isTrue();
        assertThat(models.loaded("w")).isEmpty();
    }

    @Test
    void closingWaitsForUsers() {
        Models models = catalog.models(2);
        models.acquire(B).close();
        Models.Lease lease = models.acquire(A);

        models.close();

        assertThat(b.closed).isTrue();
        assertThat(a.closed).isFalse();
        lease.close();
        assertThat(a.closed).isTrue();
    }
}
