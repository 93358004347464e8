package io.maru.model.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommandTest {
    @Test
    void isUnderstoodAsItWasGiven() {
        long step = (3L << 32) + 0xF000_0001L;
        Command order = new Command(Command.Kind.STEP, step, 1e-3f, 7.5f, new int[] {1, 2, 3}, new int[] {4, 5, 6});

        Command heard = Command.ofWords(order.toWords(3));

        assertThat(heard.kind()).isEqualTo(Command.Kind.STEP);
        assertThat(heard.step()).isEqualTo(step);
        assertThat(heard.learningRate()).isEqualTo(1e-3f);
        assertThat(heard.lossLimit()).isEqualTo(7.5f);
        assertThat(heard.inputs()).containsExactly(1, 2, 3);
        assertThat(heard.targets()).containsExactly(4, 5, 6);
    }

    @Test
    void toEndNeedsNoTokens() {
        assertThat(Command.ofWords(Command.of(Command.Kind.END).toWords(3)).kind())
                .isEqualTo(Command.Kind.END);
    }
}
