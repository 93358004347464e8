package io.maru.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OrderTest {
    @Test
    void isUnderstoodAsItWasGiven() {
        long step = (3L << 32) + 0xF000_0001L;
        Order order = new Order(Order.Kind.STEP, step, 1e-3f, 7.5f, new int[] {1, 2, 3}, new int[] {4, 5, 6});

        Order heard = Order.ofWords(order.toWords(3));

        assertThat(heard.kind()).isEqualTo(Order.Kind.STEP);
        assertThat(heard.step()).isEqualTo(step);
        assertThat(heard.learningRate()).isEqualTo(1e-3f);
        assertThat(heard.lossLimit()).isEqualTo(7.5f);
        assertThat(heard.inputs()).containsExactly(1, 2, 3);
        assertThat(heard.targets()).containsExactly(4, 5, 6);
    }

    @Test
    void toEndNeedsNoTokens() {
        assertThat(Order.ofWords(Order.of(Order.Kind.END).toWords(3)).kind()).isEqualTo(Order.Kind.END);
    }
}
