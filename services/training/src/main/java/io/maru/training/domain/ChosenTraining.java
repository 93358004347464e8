package io.maru.training.domain;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.training.TrainingOptions;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/*
 * How long, how wide and how fast, where a request leaves it to the service:
 *
 *     parameters, dataset ---> tokens to train on ---> batch ---> steps ---> warm-up
 *     parameters ---> learning rate ---> the minimum learning rate
 *
 * Each arrow is a published rule, or what the memory and the number of steps leave of it. The rules were found on larger
 * models than a laptop trains, so at the lower end the bounds speak, and not the fits.
 *
 * Sources:
 * - Kaplan and others, "Scaling laws for neural language models", 2020, equation D.1: learning rate
 * - Brown and others, "Language models are few-shot learners", 2020, table 2.1: the lowest learning rate in use
 * - Hoffmann and others, "Training compute-optimal large language models", 2022: tokens for each parameter
 * - Muennighoff and others, "Scaling data-constrained language models", 2023: how often a text may be read
 * - DeepSeek-AI, "DeepSeek LLM", 2024, equation 1: batch, by the operations of the whole training
 */
/**
 * A training with nothing left open.
 *
 * @param choices what the request left open, in the order in which it was chosen
 */
public record ChosenTraining(TrainingSpec spec, List<Choice> choices) {
    private static final int TOKENS_PER_PARAMETER = 20;
    private static final int MAX_PASSES = 4;
    /** Fewer leave a schedule of warm-up and decay too little to work with, whatever the batch. */
    private static final int MIN_STEPS = 1_000;

    private static final double MIN_RATE = 6e-5;
    private static final MathContext SHOWN_DIGITS = new MathContext(3);
    private static final int USUAL_BATCH = 12;
    private static final long MAX_WARMUP_STEPS = 100;
    private static final int MAX_ROWS = 1 << 16;

    public ChosenTraining {
        choices = List.copyOf(choices);
    }

    /** @param trainTokens of the train splits of all its datasets */
    static ChosenTraining of(DecoderConfig config, TrainingSpec asked, long trainTokens, Limits limits) {
        List<Choice> choices = new ArrayList<>();
        Budget budget = Budget.of(config, trainTokens);
        TrainingSpec training = settled(asked);
        if (training.batch() == TrainingSpec.AUTO) {
            training = withBatch(config, training, budget, limits, choices);
        }
        if (training.steps() == TrainingSpec.AUTO) {
            long stepTokens = Math.max(1, (long) training.batch() * config.block());
            long steps = Math.max(1, budget.tokens() / stepTokens);
            choices.add(
                    new Choice("steps", Long.toString(steps), text("%s, in steps of %,d", budget.why(), stepTokens)));
            training = training.withSteps(steps);
        }
        if (training.warmupSteps() == TrainingSpec.FOLLOWS) {
            long warmup = Math.min(MAX_WARMUP_STEPS, training.steps() / 10);
            choices.add(new Choice(
                    "warmupSteps",
                    Long.toString(warmup),
                    text("a tenth of the %,d steps, at most %d", training.steps(), MAX_WARMUP_STEPS)));
            training = training.withWarmupSteps(warmup);
        }
        return new ChosenTraining(withRates(config, training, choices), choices);
    }

    /** Settles batch and accumulation where they follow from what was said. */
    static TrainingSpec settled(TrainingSpec asked) {
        int batch = asked.batch();
        if (batch == TrainingSpec.FOLLOWS) {
            batch = asked.batchTokens() == TrainingSpec.FOLLOWS
                    ? USUAL_BATCH
                    : asked.batchTokens() / Math.max(1, asked.model().block());
        }
        int parts = asked.accumulation();
        if (parts == TrainingSpec.FOLLOWS) {
            parts = batch == TrainingSpec.AUTO ? TrainingSpec.AUTO : 1;
        }
        return asked.withBatch(batch, parts);
    }

    /** Gives the smallest training that a spec may become, for a check before there is a dataset. */
    static TrainingSpec smallest(TrainingSpec asked) {
        TrainingSpec training = settled(asked);
        if (training.batch() == TrainingSpec.AUTO) {
            int parts = Math.max(1, training.accumulation());
            long rows = (long) parts * training.parallelism().size();
            training = training.withBatch((int) Math.min(Integer.MAX_VALUE, rows), parts);
        }
        return training;
    }

    private static TrainingSpec withBatch(
            DecoderConfig config, TrainingSpec training, Budget budget, Limits limits, List<Choice> choices) {
        boolean fixedParts = training.accumulation() != TrainingSpec.AUTO;
        int parts = fixedParts ? training.accumulation() : 1;
        int minRows = Math.multiplyExact(parts, training.parallelism().size());
        long steps = training.steps() == TrainingSpec.AUTO ? MIN_STEPS : training.steps();
        double wished = budget.batchTokens();
        double affordable = (double) budget.tokens() / steps;
        double maxTokens = Math.min(Math.min(wished, affordable), limits.stepTokens());
        int rows = rows(maxTokens / config.block(), minRows);
        while (!fits(config, training, rows, parts, limits)
                && (fixedParts
                        ? rows > minRows
                        : parts < rows / training.parallelism().size())) {
            if (fixedParts) {
                rows /= 2;
            } else {
                parts *= 2;
            }
        }
        String why = wished <= affordable
                ? text("about %,.0f tokens for %.1e operations in all (DeepSeek-AI 2024)", wished, budget.operations())
                : text("about %,.0f tokens, so that %,d are read in %,d steps", affordable, budget.tokens(), steps);
        choices.add(new Choice(
                "batch", Integer.toString(rows), text("%s: sequences of %,d, in powers of two", why, config.block())));
        if (!fixedParts) {
            choices.add(new Choice(
                    "accumulation",
                    Integer.toString(parts),
                    text("%,d sequences at a time fit into the memory", rows / parts)));
        }
        return training.withBatch(rows, parts);
    }

    /** A power of two times {@code minRows}, so that what divides a batch has something to divide. */
    private static int rows(double max, int minRows) {
        int multiple = (int) Math.max(1, Math.min(MAX_ROWS, max) / minRows);
        return minRows * Integer.highestOneBit(multiple);
    }

    private static boolean fits(DecoderConfig config, TrainingSpec training, int rows, int parts, Limits limits) {
        Parallelism parallelism = training.parallelism();
        long tokens = (long) rows / parts / parallelism.workers() * config.block();
        TrainingOptions options = training.options(parts);
        return tokens <= limits.stepLogits() / config.vocabularySize()
                && tokens * config.heads() <= limits.stepScores() / config.layers() / config.block()
                && parallelism.memory(config, rows, options).process() <= limits.memoryOf(parallelism);
    }

    private static TrainingSpec withRates(DecoderConfig config, TrainingSpec asked, List<Choice> choices) {
        double peak = asked.learningRate();
        double min = asked.minLearningRate();
        if (peak == TrainingSpec.AUTO) {
            long parameters = Budget.withoutEmbeddings(config);
            peak = shown(Math.max(MIN_RATE, 0.003239 - 0.0001395 * Math.log(parameters)));
            choices.add(new Choice(
                    "learningRate",
                    Double.toString(peak),
                    text("for %,d parameters without the embeddings (Kaplan 2020, D.1)", parameters)));
        }
        if (min == TrainingSpec.FOLLOWS) {
            // Of a rate that was given it is exact, as a recipe that says it would be.
            min = asked.learningRate() == TrainingSpec.AUTO ? shown(peak / 10) : peak / 10;
            choices.add(new Choice("minLearningRate", Double.toString(min), "a tenth of the learning rate of " + peak));
        }
        return asked.withRates(peak, min);
    }

    /** Writes the same text in every locale: checkpoints keep it. */
    private static String text(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }

    private static double shown(double value) {
        return new BigDecimal(value).round(SHOWN_DIGITS).doubleValue();
    }

    /**
     * What a training is worth.
     *
     * @param tokens to train on, those that are read again counted again
     * @param operations of all of them, forwards and backwards, without the embeddings'
     */
    private record Budget(long tokens, double operations, String why) {
        static Budget of(DecoderConfig config, long trainTokens) {
            long enough = TOKENS_PER_PARAMETER * config.parameterCount();
            long there = MAX_PASSES * trainTokens;
            long tokens = Math.min(enough, there);
            long operations = 6 * withoutEmbeddings(config)
                    + 12L * config.layers() * config.heads() * config.headWidth() * config.block();
            return new Budget(
                    tokens,
                    (double) operations * tokens,
                    enough <= there
                            ? text("%,d tokens, %d for each parameter (Hoffmann 2022)", tokens, TOKENS_PER_PARAMETER)
                            : text("%,d tokens, %d times what there is (Muennighoff 2023)", tokens, MAX_PASSES));
        }

        double batchTokens() {
            return 0.2920 * Math.pow(operations, 0.3271);
        }

        static long withoutEmbeddings(DecoderConfig config) {
            long table = (long) config.vocabularySize() * config.width();
            long positions = config.match(gpt -> (long) gpt.block() * gpt.width(), llama -> 0L);
            return config.parameterCount() - positions - (config.tiedHead() ? 1 : 2) * table;
        }
    }
}
