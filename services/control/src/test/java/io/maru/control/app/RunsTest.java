package io.maru.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Recipe;
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
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunsTest {
    private static final String UPLOAD = "uploads/0123456789abcdef0123456789abcdef";
    private static final String RECIPE =
            "name: a\nmodel: {layers: 1, heads: 1, width: 1, block: 64}\ntraining: {steps: 1}\n";

    private final InMemoryRunStore store = new InMemoryRunStore();
    private final Map<String, Long> objects = new HashMap<>(Map.of(UPLOAD, 500L, "inbox/책/한 권.txt", 200L));
    private final List<String> woken = new ArrayList<>();
    private final Runs runs = new Runs(
            store,
            source -> objects.containsKey(source) ? OptionalLong.of(objects.get(source)) : OptionalLong.empty(),
            this::tokens,
            this::check,
            (before, after) -> {},
            woken::add,
            2,
            () -> Instant.EPOCH);

    private int tokens(String tokenizer) {
        if (!tokenizer.equals("tokenizers/gpt2")) {
            throw ControlReason.TOKENIZER_NOT_FOUND.because("there is no %s", tokenizer);
        }
        return 50_257;
    }

    /** Training that takes blocks of up to 1,000 tokens, and vocabularies that are not GPT-2's. */
    private void check(Recipe recipe, int vocabulary) {
        if (recipe.model().block() > 1_000) {
            throw ControlReason.RECIPE_INVALID.because(
                    "model.block: %d with %d tokens", recipe.model().block(), vocabulary);
        }
    }

    @Test
    void whatTrainingWouldRefuseIsNotQueued() {
        objects.put(UPLOAD, 1_000_000L);
        String recipe = RECIPE.replace("64", "60000") + "tokenizer: {use: tokenizers/gpt2}\n";

        assertThatThrownBy(() -> runs.submit("request", recipe, List.of(UPLOAD)))
                .hasMessage("model.block: 60000 with 50257 tokens");
        assertThatThrownBy(() -> runs.check(RECIPE.replace("64", "60000"), 0))
                .hasMessage("model.block: 60000 with 1024 tokens");
        assertThat(store.open()).isZero();
        assertThat(woken).isEmpty();
    }

    @Test
    void aTokenizerThatIsNotThereIsRefusedBeforeAnythingIsQueued() {
        String recipe = RECIPE + "tokenizer: {use: tokenizers/%s}\n";
        List<String> sources = List.of(UPLOAD, UPLOAD);

        assertRefused(
                () -> runs.submit("request", recipe.formatted("none"), sources), ControlReason.TOKENIZER_NOT_FOUND);
        assertRefused(() -> runs.check(recipe.formatted("none"), 0), ControlReason.TOKENIZER_NOT_FOUND);
        assertThat(store.open()).isZero();
        assertThat(woken).isEmpty();

        runs.submit("request", recipe.formatted("gpt2"), sources);
        assertThat(store.open()).isEqualTo(1);
    }

    @Test
    void countsTheParametersWithTheVocabularyThatTheTokenizerHas() {
        long own = runs.check(RECIPE, 0).parameters();
        long used =
                runs.check(RECIPE + "tokenizer: {use: tokenizers/gpt2}\n", 0).parameters();

        // The width is 1, so each token is one parameter.
        assertThat(used - own).isEqualTo(50_257 - 1_024);
    }

    @Test
    void queuesARunAndWakesTheConductor() {
        Run run = runs.submit("request", RECIPE, List.of(UPLOAD, "inbox/책/한 권.txt"));

        assertThat(run.name()).matches("runs/r-[0-9a-f]{16}");
        assertThat(run.recipe()).isEqualTo(RECIPE);
        assertThat(run.sources()).containsExactly(UPLOAD, "inbox/책/한 권.txt");
        assertThat(woken).containsExactly(run.name());
    }

    @Test
    void aRequestThatCameBeforeIsNotCheckedAgain() {
        Run run = runs.submit("request", RECIPE, List.of(UPLOAD, UPLOAD));
        objects.clear();

        assertThat(runs.submit("request", RECIPE, List.of(UPLOAD, UPLOAD))).isEqualTo(run);
        assertThat(store.open()).isEqualTo(1);
    }

    @Test
    void aRequestIdIsForOneRequest() {
        runs.submit("request", RECIPE, List.of(UPLOAD, UPLOAD));

        assertRefused(() -> runs.submit("request", RECIPE, List.of(UPLOAD)), CommonReason.REQUEST_ID_REUSED);
        assertRefused(
                () -> runs.submit("request", RECIPE + "#", List.of(UPLOAD, UPLOAD)), CommonReason.REQUEST_ID_REUSED);
    }

    @Test
    void addsUpTheSources() {
        assertThatThrownBy(() -> runs.submit("request", RECIPE, List.of(UPLOAD)))
                .hasMessage(
                        "model.block: 64 (expected: at most 49, since the validation split is about 50 bytes of the 500 in the sources)");
        runs.submit("request", RECIPE, List.of(UPLOAD, "inbox/책/한 권.txt"));
    }

    @Test
    void namesTheSourceThatIsMissing() {
        String missing = UPLOAD.replace('0', '1');

        assertThatThrownBy(() -> runs.submit("request", RECIPE, List.of(UPLOAD, missing)))
                .hasMessage("sources[1]: there is no " + missing + " (expected: one that was uploaded)");
        assertThat(store.list(Long.MAX_VALUE, 10)).isEmpty();
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
                "https://example.org/a"
            })
    void refusesSourcesThatAreNeitherUploadsNorInTheInbox(String source) {
        objects.put(source, 1000L);

        assertRefused(() -> runs.submit("request", RECIPE, List.of(source)), ControlReason.SOURCES_INVALID);
    }

    @Test
    void refusesNoneAndTooManySources() {
        assertRefused(() -> runs.submit("request", RECIPE, List.of()), ControlReason.SOURCES_INVALID);
        assertRefused(
                () -> runs.submit("request", RECIPE, Collections.nCopies(10_001, UPLOAD)),
                ControlReason.SOURCES_INVALID);
        runs.submit("request", RECIPE, Collections.nCopies(10_000, UPLOAD));
    }

    @Test
    void refusesMoreRunsThanItMayHave() {
        List<String> sources = List.of(UPLOAD, UPLOAD);
        Run first = runs.submit("1", RECIPE, sources);
        runs.submit("2", RECIPE, sources);

        assertRefused(() -> runs.submit("3", RECIPE, sources), ControlReason.TOO_MANY_RUNS);

        runs.cancel(first.name());
        runs.submit("3", RECIPE, sources);
    }

    @Test
    void checksARecipeForATextOfAnySize() {
        assertThat(runs.check(RECIPE, 0).recipe().name()).isEqualTo("a");
        assertThat(runs.check(RECIPE, 650).recipe().name()).isEqualTo("a");
        assertRefused(() -> runs.check(RECIPE, 1), ControlReason.TEXT_TOO_SHORT);
        assertRefused(() -> runs.check(RECIPE, -1), CommonReason.INVALID_ARGUMENT);
    }

    private static void assertRefused(ThrowingCallable call, Reason reason) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                .isEqualTo(reason));
    }
}
