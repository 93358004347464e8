package io.maru.training.domain;

import io.maru.model.configuration.DecoderConfig;
import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the fields of a spec must be to each other. What a field must be by itself stands in training.proto; a rule is only
 * looked at where each of its fields is right by itself, so that one mistake is told once.
 */
final class SpecRules {
    private final TrainingSpec spec;
    private final Violations violations;
    private final Set<String> wrong;

    /** @param violations what is known to be wrong by now, to which is added */
    SpecRules(TrainingSpec spec, Violations violations) {
        this.spec = spec;
        this.violations = violations;
        this.wrong = violations.list().stream().map(Violation::path).collect(Collectors.toSet());
    }

    /**
     * Checks all but what depends on the machine.
     *
     * @param hasInit whether the first weights, and so a shape, come from somewhere
     * @param shape of the first weights, where it is known
     */
    void check(boolean hasInit, Optional<ModelSpec> shape) {
        if (spec.model().equals(ModelSpec.OF_INIT)) {
            require(hasInit, "model", "missing", "a shape, or init, whose shape is taken");
        } else {
            checkModel(spec.model());
            shape.ifPresent(init -> require(
                    !right("model.layers", "model.heads", "model.width", "model.block")
                            || spec.model().complete().equals(init),
                    "model",
                    "another shape than that of init",
                    "none, or " + init));
        }
        checkBatch();
        checkSchedule();
        require(
                !right("spikeFactor") || spec.spikeFactor() == 0 || spec.spikeFactor() > 1,
                "spikeFactor",
                number(spec.spikeFactor()),
                "0 for none, or above 1");
        require(
                !right("gradientClip") || spec.gradientClip() == 0 || (float) spec.gradientClip() >= Float.MIN_NORMAL,
                "gradientClip",
                number(spec.gradientClip()),
                "0 for none, or at least " + Float.MIN_NORMAL);
    }

    private void checkModel(ModelSpec model) {
        boolean divides = model.heads() > 0 && model.width() % model.heads() == 0;
        require(
                !right("model.heads", "model.width") || divides,
                "model.heads",
                Integer.toString(model.heads()),
                "a divisor of model.width, " + model.width());
        if (model.family() == ModelSpec.Family.GPT2) {
            String expected = "none, but for the family llama";
            require(
                    model.keyValueHeads() == TrainingSpec.FOLLOWS,
                    "model.keyValueHeads",
                    Integer.toString(model.keyValueHeads()),
                    expected);
            require(
                    model.intermediate() == TrainingSpec.FOLLOWS,
                    "model.intermediate",
                    Integer.toString(model.intermediate()),
                    expected);
            require(!model.ownHead(), "model.ownHead", "true", expected);
            return;
        }
        if (right("model.heads", "model.keyValueHeads")) {
            int heads = model.complete().keyValueHeads();
            require(
                    model.heads() % heads == 0,
                    "model.keyValueHeads",
                    Integer.toString(heads),
                    "a divisor of model.heads, " + model.heads());
        }
        require(
                !right("model.heads", "model.width") || !divides || model.width() / model.heads() % 2 == 0,
                "model.heads",
                Integer.toString(model.heads()),
                "a divisor of half of model.width, " + model.width());
    }

    private void checkBatch() {
        if (right("batch", "batchTokens", "model.block") && spec.batchTokens() != TrainingSpec.FOLLOWS) {
            int block = spec.model().block();
            String tokens = Integer.toString(spec.batchTokens());
            require(
                    spec.batch() == TrainingSpec.FOLLOWS,
                    "batchTokens",
                    tokens + " beside batch " + shown(spec.batch()),
                    "one of the two");
            require(
                    block == 0 || spec.batchTokens() % block == 0,
                    "batchTokens",
                    tokens,
                    "a multiple of model.block, " + block);
            if (block != 0 && spec.batchTokens() % block != 0) {
                // What the batch would come to is no number of rows.
                return;
            }
        }
        if (!right("batch", "batchTokens", "model.block", "accumulation", "devices", "workers")) {
            return;
        }
        TrainingSpec settled = ChosenTraining.settled(spec);
        int batch = settled.batch();
        int parts = settled.accumulation();
        if (batch == TrainingSpec.AUTO) {
            return;
        }
        if (parts == TrainingSpec.AUTO) {
            violations.add("accumulation", "auto", "a number, unless batch is auto too");
            return;
        }
        if (batch % parts != 0) {
            violations.add("accumulation", Integer.toString(parts), "a divisor of batch, " + batch);
            return;
        }
        require(
                batch / parts % spec.parallelism().size() == 0,
                "devices",
                String.format(Locale.ROOT, "%d times workers, %d", spec.devices(), spec.workers()),
                String.format(Locale.ROOT, "a divisor of %d, batch over accumulation", batch / parts));
    }

    private void checkSchedule() {
        require(
                !right("steps", "warmupSteps")
                        || spec.steps() == TrainingSpec.AUTO
                        || spec.warmupSteps() < spec.steps(),
                "warmupSteps",
                Long.toString(spec.warmupSteps()),
                "less than steps, " + spec.steps());
        require(
                !right("learningRate", "minLearningRate")
                        || spec.learningRate() == TrainingSpec.AUTO
                        || spec.minLearningRate() <= spec.learningRate(),
                "minLearningRate",
                number(spec.minLearningRate()),
                "at most learningRate, " + number(spec.learningRate()));
    }

    /** Whether nothing is known to be wrong with any of the fields. */
    private boolean right(String... fields) {
        return Stream.of(fields).noneMatch(wrong::contains);
    }

    private void require(boolean holds, String field, String found, String expected) {
        if (!holds) {
            violations.add(field, found, expected);
        }
    }

    private static String shown(int number) {
        return number == TrainingSpec.AUTO ? "auto" : Integer.toString(number);
    }

    private static String number(double value) {
        return Double.toString(value);
    }

    /**
     * Adds what a model of this shape must not be on any machine.
     *
     * @return the configuration, where there is such a model
     */
    static Optional<DecoderConfig> config(ModelSpec model, int vocabularySize, Violations violations) {
        try {
            return Optional.of(model.config(vocabularySize));
        } catch (IllegalArgumentException e) {
            String message = e.getMessage();
            int end = message.indexOf(" (expected: ");
            violations.add(
                    "model",
                    end < 0 ? message : message.substring(0, end),
                    end < 0 ? "a model" : message.substring(end + " (expected: ".length(), message.length() - 1));
            return Optional.empty();
        }
    }
}
