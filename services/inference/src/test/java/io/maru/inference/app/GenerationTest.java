package io.maru.inference.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.maru.inference.domain.FinishReason;
import io.maru.inference.domain.InferenceReason;
import io.maru.inference.domain.Prompt;
import io.maru.model.decoding.SamplingOptions;
import io.maru.platform.error.Refusal;
import io.maru.tokenizer.SpecialTokens;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GenerationTest {
    private static final String NAME = "workspaces/w/models/m/versions/1";
    private static final Duration READER_TIMEOUT = Duration.ofMinutes(1);

    private final DecodingSlots slots = new DecodingSlots(1, 1);

    @AfterEach
    void close() {
        slots.close();
    }

    @Test
    void tellsTokenAfterTokenUntilTheModelStops() {
        ScriptedModel model = ScriptedModel.saying(16, "yes");
        FakeReader reader = new FakeReader();

        generate(model, "is it", 0, reader);
        reader.awaitEnd();

        assertThat(reader.texts).containsExactly("y", "e", "s", "");
        assertThat(reader.ids).containsExactly(boxed(ScriptedModel.TOKENIZER.encode("yes")));
        assertThat(reader.finish).isEqualTo(FinishReason.STOP);
        assertThat(reader.promptTokens).isEqualTo(5);
        assertThat(reader.completionTokens).isEqualTo(3);
        assertThat(model.openSessions).hasValue(0);
    }

    @Test
    void aCharacterOfSeveralTokensComesWithItsLastOne() {
        FakeReader reader = new FakeReader();

        generate(ScriptedModel.saying(16, "마!"), "", 0, reader);
        reader.awaitEnd();

        assertThat(reader.texts).containsExactly("", "", "마", "!", "");
    }

    @Test
    void aCharacterThatNeverBecomesWholeIsReplacedAtTheEnd() {
        FakeReader reader = new FakeReader();

        generate(ScriptedModel.saying(16, "마"), "", 2, reader);
        reader.awaitEnd();

        assertThat(reader.texts).containsExactly("", "", "\uFFFD");
        assertThat(reader.finish).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void endsAtTheWantedLengthWithoutReadingTheLastToken() {
        ScriptedModel model = ScriptedModel.saying(16, "abcdef");
        FakeReader reader = new FakeReader();

        generate(model, "x", 2, reader);
        reader.awaitEnd();

        assertThat(reader.finish).isEqualTo(FinishReason.LENGTH);
        assertThat(reader.completionTokens).isEqualTo(2);
        assertThat(model.steps).hasValue(1);
    }

    @Test
    void endsWhereTheContextEnds() {
        FakeReader reader = new FakeReader();

        generate(ScriptedModel.saying(8, "abcdefghijkl"), "xyz", 100, reader);
        reader.awaitEnd();

        assertThat(reader.completionTokens).isEqualTo(5);
        assertThat(reader.finish).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aPromptThatDoesNotFitIsRefusedBeforeTheModelReadsAnything() {
        ScriptedModel model = ScriptedModel.saying(8, "a");
        FakeReader reader = new FakeReader();

        generate(model, "12345678", 0, reader);
        await().until(() -> reader.failure != null);

        assertThat(reason(reader)).isEqualTo(InferenceReason.PROMPT_TOO_LONG);
        assertThat(model.openSessions).hasValue(0);
        assertThat(model.lastPrompt).isNull();
    }

    @Test
    void anyOfTheModelsStopTokensEndsTheText() {
        ScriptedModel model = ScriptedModel.saying(64, "abc");
        model.stopIds = Set.of(7, ScriptedModel.TOKENIZER.encode("b")[0]);
        FakeReader reader = new FakeReader();

        generate(model, "x", 0, reader);
        reader.awaitEnd();

        assertThat(reader.ids).containsExactly(ScriptedModel.TOKENIZER.encode("a")[0]);
        assertThat(reader.finish).isEqualTo(FinishReason.STOP);
    }

    @Test
    void anEmptyPromptStartsFromEndOfText() {
        ScriptedModel model = ScriptedModel.saying(8, "a");
        FakeReader reader = new FakeReader();

        generate(model, "", 0, reader);
        reader.awaitEnd();

        assertThat(model.lastPrompt).containsExactly(ScriptedModel.TOKENIZER.endOfText());
    }

    @Test
    void whatIsSpeltLikeASpecialTokenIsText() {
        ScriptedModel model = ScriptedModel.saying(64, "a");
        FakeReader reader = new FakeReader();

        generate(model, "<|endoftext|>", 0, reader);
        reader.awaitEnd();

        assertThat(model.lastPrompt)
                .hasSize("<|endoftext|>".length())
                .doesNotContain(ScriptedModel.TOKENIZER.endOfText());
    }

    @Test
    void computesNothingAheadOfAReaderWithoutRoom() {
        ScriptedModel model = ScriptedModel.saying(16, "abcdef");
        FakeReader reader = new FakeReader();
        reader.room = 2;

        Generation generation = generate(model, "x", 0, reader);
        await().until(() -> reader.ids.size() == 2);

        // The second token is told; the model has read the first and no more, and does not move.
        await().during(Duration.ofMillis(100)).until(() -> model.steps.get() == 1 && reader.ids.size() == 2);

        reader.room = 3;
        generation.wake();
        await().until(() -> reader.ids.size() == 3);
        assertThat(model.steps).hasValue(2);

        reader.room = Integer.MAX_VALUE;
        generation.wake();
        reader.awaitEnd();
        assertThat(reader.completionTokens).isEqualTo(6);
    }

    @Test
    void aReaderThatReadsNothingLosesItsSlot() {
        ScriptedModel model = ScriptedModel.saying(16, "abcdef");
        FakeReader reader = new FakeReader();
        reader.room = 1;

        new Generation(slots, models(model), order("x", 0), reader, Duration.ofMillis(20)).submit();
        await().until(() -> reader.failure != null);

        assertThat(reason(reader)).isEqualTo(InferenceReason.READER_STALLED);
        await().until(() -> slots.running() == 0);
        assertThat(model.openSessions).hasValue(0);
    }

    @Test
    void aCancelledGenerationEndsItsSessionWithinAToken() {
        ScriptedModel model = ScriptedModel.saying(1 << 20, "a".repeat(100_000));
        FakeReader reader = new FakeReader();
        Generation generation = new Generation(slots, models(model), order("x", 0), reader, READER_TIMEOUT);
        reader.afterToken = () -> {
            if (reader.ids.size() == 3) {
                generation.cancel();
            }
        };

        generation.submit();

        await().until(() -> generation.isCancelled() && slots.running() == 0);
        assertThat(reader.ids).hasSize(3);
        assertThat(model.steps).hasValue(2);
        assertThat(model.openSessions).hasValue(0);
        assertThat(reader.finish).isNull();
        assertThat(reader.failure).isNull();
    }

    @Test
    void cancellingFreesAGenerationThatWaitsForItsReader() {
        ScriptedModel model = ScriptedModel.saying(16, "abcdef");
        FakeReader reader = new FakeReader();
        reader.room = 1;
        Generation generation = generate(model, "x", 0, reader);
        await().until(() -> reader.ids.size() == 1);

        generation.cancel();

        await().until(() -> slots.running() == 0);
        assertThat(model.openSessions).hasValue(0);
    }

    @Test
    void whatFindsNoSlotWaitsAndWhatFindsNoPlaceToWaitIsRefusedAtOnce() {
        ScriptedModel model = ScriptedModel.saying(16, "abc");
        FakeReader running = new FakeReader();
        running.room = 1;
        Generation first = generate(model, "x", 0, running);
        await().until(() -> running.ids.size() == 1);
        FakeReader waiting = new FakeReader();
        generate(model, "x", 0, waiting);

        assertThatThrownBy(() -> generate(model, "x", 0, new FakeReader()))
                .hasMessage("1 requests run and 1 wait (expected: fewer waiting)")
                .extracting(e -> ((Refusal) e).reason())
                .isEqualTo(InferenceReason.OVERLOADED);

        first.cancel();
        waiting.awaitEnd();
        assertThat(waiting.completionTokens).isEqualTo(3);
    }

    @Test
    void aCancelledGenerationGivesUpItsPlaceInTheQueue() {
        ScriptedModel model = ScriptedModel.saying(16, "abc");
        FakeReader running = new FakeReader();
        running.room = 1;
        generate(model, "x", 0, running);
        await().until(() -> running.ids.size() == 1);
        FakeReader waiting = new FakeReader();
        generate(model, "x", 0, waiting).cancel();

        generate(model, "x", 0, new FakeReader());

        assertThat(waiting.ids).isEmpty();
    }

    @Test
    void stoppingTellsBothWhoRunsAndWhoWaits() {
        ScriptedModel model = ScriptedModel.saying(16, "abc");
        FakeReader running = new FakeReader();
        running.room = 1;
        generate(model, "x", 0, running);
        await().until(() -> running.ids.size() == 1);
        FakeReader waiting = new FakeReader();
        generate(model, "x", 0, waiting);

        slots.close();

        await().until(() -> running.failure != null && waiting.failure != null);
        assertThat(reason(running)).isEqualTo(InferenceReason.SHUTTING_DOWN);
        assertThat(reason(waiting)).isEqualTo(InferenceReason.SHUTTING_DOWN);
        assertThat(model.openSessions).hasValue(0);
    }

    @Test
    void aModelThatIsMissingFailsTheGeneration() {
        FakeReader reader = new FakeReader();

        new Generation(slots, new Catalog().models(1), order("x", 0), reader, READER_TIMEOUT).submit();

        await().until(() -> reader.failure != null);
        assertThat(reason(reader)).isEqualTo(InferenceReason.MODEL_MISSING);
    }

    private Generation generate(ScriptedModel model, String prompt, int maxTokens, FakeReader reader) {
        Generation generation = new Generation(slots, models(model), order(prompt, maxTokens), reader, READER_TIMEOUT);
        generation.submit();
        return generation;
    }

    private static Models models(ScriptedModel model) {
        return new Catalog().with(NAME, model).models(1);
    }

    private static Generation.Order order(String prompt, int maxTokens) {
        return new Generation.Order(NAME, prompt, SpecialTokens.TEXT, false, maxTokens, SamplingOptions.greedy());
    }

    private static Object reason(FakeReader reader) {
        return ((Refusal) reader.failure).reason();
    }

    private static Integer[] boxed(int[] ids) {
        return Arrays.stream(ids).boxed().toArray(Integer[]::new);
    }

    /** A reader with room for so many tokens. */
    private static final class FakeReader implements Generation.Reader {
        final List<Integer> ids = new CopyOnWriteArrayList<>();
        final List<String> texts = new CopyOnWriteArrayList<>();
        volatile int room = Integer.MAX_VALUE;
        volatile Runnable afterToken = () -> {};
        volatile FinishReason finish;
        volatile int promptTokens;
        volatile int completionTokens;
        volatile Throwable failure;

        @Override
        public boolean isReady() {
            return ids.size() < room;
        }

        @Override
        public void token(int id, String text) {
            texts.add(text);
            ids.add(id);
            afterToken.run();
        }

        @Override
        public void end(String text, FinishReason reason, Prompt prompt, int completion) {
            texts.add(text);
            promptTokens = prompt.tokens().length;
            completionTokens = completion;
            finish = reason;
        }

        @Override
        public void fail(Throwable why) {
            failure = why;
        }

        void awaitEnd() {
            await().until(() -> finish != null);
        }
    }
}
