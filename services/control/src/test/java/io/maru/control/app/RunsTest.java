package io.maru.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Run;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Reason;
import io.maru.platform.error.Refusal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunsTest {
    private static final String WORKSPACE = "workspaces/default";
    private static final String UPLOAD = "uploads/0123456789abcdef0123456789abcdef";
    private static final String RECIPE = "name: a\npriority: 2\nsteps: [ingest: {}, tokenizer: {}, encode: {}]\n";

    private final InMemoryRunStore store = new InMemoryRunStore();
    private final Map<String, Long> objects =
            new HashMap<>(Map.of(WORKSPACE + "/" + UPLOAD, 500L, WORKSPACE + "/inbox/책/한 권.txt", 200L));
    private final List<String> woken = new ArrayList<>();
    private final Map<String, FakeStep> steps = FakeStep.all();
    private final StepWorks works = new StepWorks(steps.values());
    private final Runs runs = new Runs(
            store,
            source -> objects.containsKey(source) ? OptionalLong.of(objects.get(source)) : OptionalLong.empty(),
            new Planner(
                    works,
                    (name, roles, path, violations) ->
                            Optional.of(new Resources.Resource(WORKSPACE + "/" + name, Map.of()))),
            works,
            (before, after) -> {},
            woken::add,
            2,
            () -> Instant.EPOCH);

    private Run submit(String request, String recipe, List<String> sources) {
        return runs.submit(WORKSPACE, request, recipe, sources);
    }

    @Test
    void queuesARunAndWakesTheConductor() {
        Run run = submit("request", RECIPE, List.of(UPLOAD, "inbox/책/한 권.txt"));

        assertThat(run.name()).matches("workspaces/default/runs/r-[0-9a-f]{16}");
        assertThat(run.recipe()).isEqualTo(RECIPE);
        assertThat(run.priority()).isEqualTo(2);
        assertThat(run.sources()).containsExactly(WORKSPACE + "/" + UPLOAD, WORKSPACE + "/inbox/책/한 권.txt");
        assertThat(woken).containsExactly(run.name());
    }

    @Test
    void whatAServiceWouldRefuseIsNotQueuedAndAllOfItIsTold() {
        String recipe = RECIPE.replace("tokenizer: {}", "tokenizer: {wrong: 1}").replace("encode: {}", "encod: {}");

        assertThatThrownBy(() -> submit("request", recipe, List.of(UPLOAD)))
                .isInstanceOfSatisfying(Refusal.class, refusal -> {
                    assertThat(refusal.reason()).isEqualTo(ControlReason.RECIPE_INVALID);
                    assertThat(refusal.violations()).hasSize(2);
                    assertThat(refusal.getMessage().lines()).hasSize(2);
                });
        assertThatThrownBy(() -> runs.check(WORKSPACE, recipe, 0)).isInstanceOf(Refusal.class);
        assertThat(store.open()).isZero();
        assertThat(woken).isEmpty();
    }

    @Test
    void aRequestThatCameBeforeIsNotCheckedAgain() {
        Run run = submit("request", RECIPE, List.of(UPLOAD, UPLOAD));
        objects.clear();

        assertThat(submit("request", RECIPE, List.of(UPLOAD, UPLOAD))).isEqualTo(run);
        assertThat(store.open()).isEqualTo(1);
    }

    @Test
    void aRequestIdIsForOneRequest() {
        submit("request", RECIPE, List.of(UPLOAD, UPLOAD));

        assertRefused(() -> submit("request", RECIPE, List.of(UPLOAD)), CommonReason.REQUEST_ID_REUSED);
        assertRefused(() -> submit("request", RECIPE + "#", List.of(UPLOAD, UPLOAD)), CommonReason.REQUEST_ID_REUSED);
    }

    @Test
    void addsUpTheSources() {
        submit("request", RECIPE, List.of(UPLOAD, "inbox/책/한 권.txt"));

        assertThat(steps.get("ingest").checked.get(0).expected()).containsEntry("source_bytes", 700.0);
    }

    @Test
    void namesTheSourceThatIsMissing() {
        String missing = UPLOAD.replace('0', '1');

        assertThatThrownBy(() -> submit("request", RECIPE, List.of(UPLOAD, missing)))
                .hasMessage("sources[1]: there is no " + missing + " (expected: one that was uploaded)");
        assertThat(store.list(WORKSPACE, Long.MAX_VALUE, 10)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "uploads/",
                "uploads/0123",
                "uploads/../inbox/a",
                "inbox",
                "inbox/",
                "inbox//a",
                "inbox/../corpora/a/manifest.json",
                "inbox/a/..",
                "inbox/./a",
                "inbox/a\\b",
                "inbox/a\nb",
                "/inbox/a",
                "corpora/a/manifest.json",
                "workspaces/other/inbox/a",
                "workspaces/default/corpora/a",
                "https://example.org/a"
            })
    void refusesSourcesThatAreNeitherUploadsNorInTheInbox(String source) {
        objects.put(WORKSPACE + "/" + source, 1000L);

        assertRefused(() -> submit("request", RECIPE, List.of(source)), ControlReason.SOURCES_INVALID);
    }

    @Test
    void refusesNoneAndTooManySources() {
        assertRefused(() -> submit("request", RECIPE, List.of()), ControlReason.SOURCES_INVALID);
        assertRefused(
                () -> submit("request", RECIPE, Collections.nCopies(10_001, UPLOAD)), ControlReason.SOURCES_INVALID);
        submit("request", RECIPE, Collections.nCopies(10_000, UPLOAD));
    }

    @Test
    void aRecipeThatIngestsNothingNeedsNoSourcesAndTakesNone() {
        String recipe = "name: a\nsteps: [evaluate: {model: models/a, dataset: datasets/a}]\n";

        assertRefused(() -> submit("request", recipe, List.of(UPLOAD)), ControlReason.SOURCES_INVALID);
        assertThat(submit("request", recipe, List.of()).plan().steps()).hasSize(1);
        assertThat(runs.check(WORKSPACE, recipe, 0).readsSources()).isFalse();
    }

    @Test
    void refusesMoreRunsThanItMayHave() {
        List<String> sources = List.of(UPLOAD, UPLOAD);
        Run first = submit("1", RECIPE, sources);
        submit("2", RECIPE, sources);

        assertRefused(() -> submit("3", RECIPE, sources), ControlReason.TOO_MANY_RUNS);

        runs.cancel(first.name());
        submit("3", RECIPE, sources);
        assertRefused(() -> runs.retry(first.name(), ""), ControlReason.TOO_MANY_RUNS);
    }

    @Test
    void checksARecipeForATextOfAnySize() {
        CheckedRecipe checked = runs.check(WORKSPACE, RECIPE, 0);

        assertThat(checked.recipe().name()).isEqualTo("a");
        assertThat(checked.planned().expected().get("encode")).containsEntry("vocabulary_size", 300.0);
        assertThat(checked.readsSources()).isTrue();
        assertRefused(() -> runs.check(WORKSPACE, RECIPE, -1), CommonReason.INVALID_ARGUMENT);
    }

    private static void assertRefused(ThrowingCallable call, Reason reason) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                .isEqualTo(reason));
    }
}
