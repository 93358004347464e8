package io.maru.model.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.model.data.Batch;
import io.maru.model.data.BatchForm.Planes;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CommandTest {
    private static final long STEP = (3L << 32) + 0xF000_0001L;

    @Test
    void isUnderstoodAsItWasGiven() {
        Command heard = heard(Planes.NONE, Batch.of(new int[] {1, 2, 3}, new int[] {4, 5, 6}));

        assertThat(heard.kind()).isEqualTo(Command.Kind.STEP);
        assertThat(heard.step()).isEqualTo(STEP);
        assertThat(heard.learningRate()).isEqualTo(1e-3f);
        assertThat(heard.lossLimit()).isEqualTo(7.5f);
        Batch batch = heard.batch().orElseThrow();
        assertThat(batch.ids()).containsExactly(1, 2, 3);
        assertThat(batch.targets()).containsExactly(4, 5, 6);
        assertThat(batch.weights()).isEmpty();
        assertThat(batch.packing()).isEmpty();
    }

    @Test
    void carriesWeightsAndTexts() {
        Batch batch = heard(
                        Planes.WEIGHTS_AND_TEXTS,
                        Batch.packed(
                                new int[] {1, 2, 3},
                                new int[] {4, 5, 6},
                                new float[] {0, 0.1f, 1e-30f},
                                new int[] {0, 0, 1},
                                new int[] {0, 1, 0}))
                .batch()
                .orElseThrow();

        assertThat(batch.ids()).containsExactly(1, 2, 3);
        assertThat(batch.targets()).containsExactly(4, 5, 6);
        assertThat(batch.weights().orElseThrow()).containsExactly(0, 0.1f, 1e-30f);
        assertThat(batch.packing().orElseThrow().segments()).containsExactly(0, 0, 1);
        assertThat(batch.packing().orElseThrow().positions()).containsExactly(0, 1, 0);
    }

    @Test
    void toEndNeedsNoTokens() {
        int[] words = Command.of(Command.Kind.END).toWords(Planes.WEIGHTS, 3);

        Command heard = Command.ofWords(Planes.WEIGHTS, 3, words);

        assertThat(heard.kind()).isEqualTo(Command.Kind.END);
        assertThat(heard.batch()).isEmpty();
    }

    private static Command heard(Planes planes, Batch batch) {
        Command given = new Command(Command.Kind.STEP, STEP, 1e-3f, 7.5f, Optional.of(batch));
        return Command.ofWords(planes, 3, given.toWords(planes, 3));
    }
}
