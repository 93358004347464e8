package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ChosenTrainingTest {
    private static final long ROOMY = 1L << 40;
    private static final Limits LIMITS = new Limits(1L << 40, 1 << 20, 1L << 40, 1L << 40, ROOMY);
    /** 0.9 million parameters, and a megabyte of text in tokens of about two and a half bytes. */
    private static final DecoderConfig SMALL = new GptConfig(1024, 64, 4, 4, 128);

    private static final long MEGABYTE = 430_000;
    /** 124 million parameters, and a gigabyte of text. */
    private static final DecoderConfig GPT2 = new GptConfig(50_257, 1024, 12, 12, 768);

    private static final long GIGABYTE = 240_000_000;
    private static final TrainingSpec OPEN = Specs.spec(
                    new ModelSpec(4, 4, 128, 64), 0, 0, 0, -1, -1, 0.1, 0.9, 0.99, 1, 1337, 250, 20, 500)
            .withBatch(TrainingSpec.AUTO, TrainingSpec.AUTO);

    @Test
    void isSensibleForASmallModelOnAMegabyte() {
        TrainingSpec chosen = ChosenTraining.of(SMALL, OPEN, MEGABYTE, LIMITS).spec();

        // 0.003239 - 0.0001395 ln 793,344, the parameters without the embeddings.
        assertThat(chosen.learningRate()).isEqualTo(1.34e-3);
        assertThat(chosen.minLearningRate()).isEqualTo(1.34e-4, within(1e-12));
        // Four passes are 1.72 million tokens; in a thousand steps, 1,720 each: 26 sequences, so 16.
        assertThat(chosen.batch()).isEqualTo(16);
        assertThat(chosen.steps()).isEqualTo(4 * MEGABYTE / 1024);
        assertThat(chosen.warmupSteps()).isEqualTo(100);
        assertThat(chosen.accumulation()).isEqualTo(1);
    }

    @Test
    void isSensibleForGpt2OnAGigabyte() {
        TrainingSpec chosen = ChosenTraining.of(GPT2, OPEN, GIGABYTE, LIMITS).spec();

        // 0.003239 - 0.0001395 ln 85,056,000. GPT-3 of this size took 6e-4.
        assertThat(chosen.learningRate()).isEqualTo(6.92e-4);
        // 0.2920 (6.2e8 x 9.6e8)^0.3271 is 188 thousand tokens: 183 sequences, so 128. GPT-3 took half a million.
        assertThat(chosen.batch()).isEqualTo(128);
        assertThat(chosen.steps()).isEqualTo(4 * GIGABYTE / 131_072);
        assertThat(chosen.warmupSteps()).isEqualTo(100);
    }

    @Test
    void readsNoMoreThanTwentyTokensForEachParameter() {
        ChosenTraining chosen = ChosenTraining.of(SMALL, OPEN, 100 * MEGABYTE, LIMITS);

        long tokens = 20 * 932_608L;
        assertThat(chosen.spec().steps() * chosen.spec().batch() * 64)
                .isBetween(tokens - 64L * chosen.spec().batch(), tokens);
        assertThat(chosen.choices())
                .filteredOn(choice -> choice.field().equals("steps"))
                .singleElement()
                .satisfies(choice -> assertThat(choice.why())
                        .isEqualTo("18,652,160 tokens, 20 for each parameter (Hoffmann 2022), in steps of "
                                + String.format(
                                        Locale.ROOT, "%,d", 64 * chosen.spec().batch())));
    }

    @Test
    void takesABatchInPartsWhereTheMemoryAsksForIt() {
        Limits tight = new Limits(1L << 40, 1 << 20, 1L << 40, 1L << 40, 8L << 30);

        TrainingSpec chosen = ChosenTraining.of(GPT2, OPEN, GIGABYTE, tight).spec();

        assertThat(chosen.batch()).isEqualTo(128);
        assertThat(chosen.accumulation()).isBetween(16, 128);
        Dataset dataset = TrainingPlanTest.dataset(50_257, GIGABYTE);
        assertThat(TrainingPlan.of(chosen.with(new ModelSpec(12, 12, 768, 1024)), dataset, tight)
                        .plannedBytes())
                .isLessThanOrEqualTo(tight.memory());
    }

    @Test
    void takesASmallerBatchWhereItsPartsAreGiven() {
        Limits tight = new Limits(1L << 40, 1 << 20, 1L << 40, 1L << 40, 8L << 30);

        TrainingSpec chosen =
                ChosenTraining.of(GPT2, OPEN.withBatch(0, 3), GIGABYTE, tight).spec();

        assertThat(chosen.accumulation()).isEqualTo(3);
        assertThat(chosen.batch()).isBetween(3, 24).satisfies(batch -> assertThat(batch % 3)
                .isZero());
    }

    @Test
    void takesABatchThatAllDevicesShare() {
        Parallelism six = new Parallelism(2, 3);
        Limits tight = new Limits(1L << 40, 1 << 20, 1L << 40, 1L << 40, 16L << 30);

        TrainingSpec chosen =
                ChosenTraining.of(GPT2, OPEN.with(six), GIGABYTE, tight).spec();

        assertThat(chosen.parallelism()).isEqualTo(six);
        assertThat(chosen.accumulation()).isGreaterThan(1);
        assertThat(chosen.batch() % (6 * chosen.accumulation())).isZero();
        Dataset dataset = TrainingPlanTest.dataset(50_257, GIGABYTE);
        assertThat(TrainingPlan.of(chosen.with(new ModelSpec(12, 12, 768, 1024)), dataset, tight)
                        .plannedBytes())
                .isLessThanOrEqualTo(tight.memory());
    }

    @Test
    void makesADatasetOfAFewBlocksAFewSteps() {
        TrainingSpec chosen = ChosenTraining.of(SMALL, OPEN, 200, LIMITS).spec();

        assertThat(chosen.batch()).isEqualTo(1);
        assertThat(chosen.steps()).isEqualTo(12);
        assertThat(chosen.warmupSteps()).isEqualTo(1);
    }

    @Test
    void leavesAloneWhatWasAskedFor() {
        TrainingSpec asked =
                Specs.spec(new ModelSpec(4, 4, 128, 64), 3000, 12, 1e-3, 0, 7, 0.1, 0.9, 0.99, 1, 1337, 250, 20, 500);

        ChosenTraining chosen = ChosenTraining.of(SMALL, asked, MEGABYTE, LIMITS);

        assertThat(chosen.spec()).isEqualTo(asked);
        assertThat(chosen.choices()).isEmpty();
    }

    @Test
    void whatFollowsFromARateThatWasGivenIsExact() {
        TrainingSpec asked = Specs.spec(
                new ModelSpec(4, 4, 128, 64), 3000, 12, 0.00123456, -1, -1, 0.1, 0.9, 0.99, 1, 1337, 250, 20, 500);

        TrainingSpec chosen = ChosenTraining.of(SMALL, asked, MEGABYTE, LIMITS).spec();

        assertThat(chosen.minLearningRate()).isEqualTo(0.00123456 / 10);
        assertThat(chosen.warmupSteps()).isEqualTo(100);
    }

    @Test
    void fitsABatchToTheStepsThatWereAskedFor() {
        ChosenTraining chosen = ChosenTraining.of(SMALL, OPEN.withSteps(3000), MEGABYTE, LIMITS);

        // 1.72 million tokens in 3,000 steps are 573 each.
        assertThat(chosen.spec().batch()).isEqualTo(8);
        assertThat(chosen.spec().steps()).isEqualTo(3000);
        assertThat(chosen.choices())
                .extracting(Choice::field)
                .isEqualTo(List.of("batch", "accumulation", "warmupSteps", "learningRate", "minLearningRate"));
    }
}
