package io.maru.control.neighbour;

import io.maru.control.domain.Recipe;
import io.maru.training.v1.DatasetShare;
import io.maru.training.v1.ModelSpec;
import io.maru.training.v1.TrainingSpec;
import java.util.Locale;
import java.util.regex.Pattern;

/** A recipe in training's words, and training's words in a recipe's. */
final class TrainingWords {
    private static final Pattern FIELD = Pattern.compile("\\b(model|training)\\.([a-z0-9_]+)");

    private TrainingWords() {}

    private static ModelSpec model(Recipe.Model model) {
        return ModelSpec.newBuilder()
                .setLayers(model.layers())
                .setHeads(model.heads())
                .setWidth(model.width())
                .setBlock(model.block())
                .setFamily(
                        switch (model.family()) {
                            case GPT2 -> ModelSpec.Family.GPT2;
                            case LLAMA -> ModelSpec.Family.LLAMA;
                        })
                .setKeyValueHeads(model.keyValueHeads())
                .setIntermediate(model.intermediate())
                .setOwnHead(model.ownHead())
                .build();
    }

    static TrainingSpec training(Recipe recipe) {
        Recipe.Training training = recipe.training();
        TrainingSpec.Builder spec = TrainingSpec.newBuilder()
                .setModel(model(recipe.model()))
                .setSteps(training.steps())
                .setBatch(training.batch())
                .setLearningRate(training.learningRate())
                .setWeightDecay(training.weightDecay())
                .setBeta1(training.beta1())
                .setBeta2(training.beta2())
                .setGradientClip(training.gradientClip())
                .setSeed(training.seed())
                .setValidateEvery(training.validateEvery())
                .setValidationBatches(training.validationBatches())
                .setCheckpointEvery(training.checkpointEvery())
                .setSchedule(
                        switch (training.schedule()) {
                            case COSINE -> TrainingSpec.Schedule.COSINE;
                            case LINEAR -> TrainingSpec.Schedule.LINEAR;
                            case WSD -> TrainingSpec.Schedule.WSD;
                            case CONSTANT -> TrainingSpec.Schedule.CONSTANT;
                        })
                .setPrecision(
                        switch (training.precision()) {
                            case FLOAT32 -> TrainingSpec.Precision.FLOAT32;
                            case BFLOAT16 -> TrainingSpec.Precision.BFLOAT16;
                        })
                .setRecompute(
                        switch (training.recompute()) {
                            case NONE -> TrainingSpec.Recompute.NONE;
                            case BLOCKS -> TrainingSpec.Recompute.BLOCKS;
                        })
                .setDropout(training.dropout())
                .setAccumulation(training.accumulation())
                .setDevices(training.devices())
                .setWorkers(training.workers())
                .addAllMix(training.mix().stream()
                        .map(share -> DatasetShare.newBuilder()
                                .setDataset(share.dataset())
                                .setWeight(share.weight())
                                .build())
                        .toList())
                .setWeight(training.weight())
                .setOnDivergence(
                        switch (training.onDivergence()) {
                            case PAUSE -> TrainingSpec.OnDivergence.PAUSE;
                            case SKIP -> TrainingSpec.OnDivergence.SKIP;
                            case FAIL -> TrainingSpec.OnDivergence.FAIL;
                        })
                .setSpikeFactor(training.spikeFactor())
                .setEarlyStop(training.earlyStop())
                .setKeepCheckpoints(training.keepCheckpoints());
        if (training.minLearningRate() != Recipe.FOLLOWS) {
            spec.setMinLearningRate(training.minLearningRate());
        }
        if (training.warmupSteps() != Recipe.FOLLOWS) {
            spec.setWarmupSteps(training.warmupSteps());
        }
        return spec.build();
    }

    /** A sentence of training, with the keys of a recipe in place of its fields. */
    static String inARecipe(String sentence) {
        return FIELD.matcher(sentence).replaceAll(field -> field.group(1) + "." + camel(field.group(2)));
    }

    private static String camel(String field) {
        return Pattern.compile("_([a-z0-9])").matcher(field).replaceAll(letter -> letter.group(1)
                .toUpperCase(Locale.ROOT));
    }
}
