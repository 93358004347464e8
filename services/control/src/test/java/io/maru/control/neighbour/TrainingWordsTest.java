package io.maru.control.neighbour;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.control.domain.RecipeReader;
import io.maru.training.v1.DatasetShare;
import io.maru.training.v1.TrainingSpec;
import org.junit.jupiter.api.Test;

class TrainingWordsTest {
    @Test
    void leavesToTrainingWhatARecipeDoes() {
        TrainingSpec training = TrainingWords.training(RecipeReader.read("""
                        name: a
                        model: {layers: 1, heads: 2, width: 8, block: 4}
                        training: {steps: auto, batch: auto, learningRate: auto}
                        """));

        assertThat(training.getSteps()).isZero();
        assertThat(training.getBatch()).isZero();
        assertThat(training.getAccumulation()).isZero();
        assertThat(training.getLearningRate()).isZero();
        assertThat(training.hasMinLearningRate()).isFalse();
        assertThat(training.hasWarmupSteps()).isFalse();
    }

    @Test
    void passesOnWhatIsMixedInAndWhatToDoWhenTrainingGoesWrong() {
        TrainingSpec training = TrainingWords.training(RecipeReader.read("""
                        name: a
                        tokenizer: {use: tokenizers/t}
                        model: {layers: 1, heads: 2, width: 8, block: 4}
                        training: {steps: 9, batch: 2, learningRate: 0.1, mix: [{dataset: datasets/b, weight: 0.25}],
                          weight: 0.75, onDivergence: skip, spikeFactor: 3, earlyStop: 5, keepCheckpoints: 6}
                        """));

        assertThat(training.getMixList())
                .containsExactly(DatasetShare.newBuilder()
                        .setDataset("datasets/b")
                        .setWeight(0.25)
                        .build());
        assertThat(training.getWeight()).isEqualTo(0.75);
        assertThat(training.getOnDivergence()).isEqualTo(TrainingSpec.OnDivergence.SKIP);
        assertThat(training.getSpikeFactor()).isEqualTo(3);
        assertThat(training.getEarlyStop()).isEqualTo(5);
        assertThat(training.getKeepCheckpoints()).isEqualTo(6);
    }

    @Test
    void tellsTrainingsSentencesInTheKeysOfARecipe() {
        assertThat(TrainingWords.inARecipe(
                        "training.min_learning_rate: 0.5 (expected: <= training.learning_rate, which is 0.1)"))
                .isEqualTo("training.minLearningRate: 0.5 (expected: <= training.learningRate, which is 0.1)");
        assertThat(TrainingWords.inARecipe("model.intermediate: 3, model.own_head: true, training.beta1: 2"))
                .isEqualTo("model.intermediate: 3, model.ownHead: true, training.beta1: 2");
    }
}
