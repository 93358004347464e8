package io.maru.model.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryPlanTest {
    private static final TrainingOptions USUAL = TrainingOptions.usual();
    private static final GptConfig GPT2 = new GptConfig(50257, 1024, 12, 12, 768);

    @Test
    void addsUpWhatASmallModelHolds() {
        // 3 tokens of 5, 1 layer of 2 heads, 4 wide: 12 x 16 + 13 x 4 in the layer, 8 tokens and positions, a last
        // norm.
        MemoryPlan plan = MemoryPlan.of(TrainingTask.of(new GptConfig(5, 3, 1, 2, 4), AdamW.usual(), 2), USUAL);
        long parameters = 5 * 4 + 3 * 4 + 12 * 16 + 13 * 4 + 2 * 4;
        assertThat(plan.weights()).isEqualTo(4 * parameters);
        assertThat(plan.moments()).isEqualTo(8 * parameters);
        assertThat(plan.gradients()).isEqualTo(4 * parameters);
        // Embedding 4; norms 2 x (4 + 4); q, k, v 12, shares 2 x 3, mixed 2 x 4; feed-forward 2 x 16; last norm 4 + 4.
        assertThat(plan.activations()).isEqualTo(2 * 3 * 4 * (4 + 16 + 12 + 6 + 8 + 32 + 8));
        assertThat(plan.logits()).isEqualTo(2 * 3 * 4 * 2 * 5);
        assertThat(plan.total()).isEqualTo(16 * parameters + plan.activations() + plan.logits());
    }

    @Test
    void countsWhatEachOptionSavesOrCosts() {
        MemoryPlan plain = MemoryPlan.of(TrainingTask.of(GPT2, AdamW.usual(), 8), USUAL);
        MemoryPlan narrow = MemoryPlan.of(TrainingTask.of(GPT2, AdamW.usual(), 8), USUAL.with(Precision.BFLOAT16));
        assertThat(narrow.weights()).isEqualTo(plain.weights() * 3 / 2);
        assertThat(narrow.gradients()).isEqualTo(plain.gradients() / 2);
        assertThat(narrow.logits()).isEqualTo(plain.logits() / 2);
        assertThat(narrow.activations()).isBetween(plain.activations() / 2, plain.activations() * 3 / 4);

        MemoryPlan parts = MemoryPlan.of(TrainingTask.of(GPT2, AdamW.usual(), 8), USUAL.withAccumulation(4));
        assertThat(parts.activations()).isEqualTo(plain.activations() / 4);
        assertThat(parts.gradients()).isEqualTo(plain.gradients() * 2);

        MemoryPlan again = MemoryPlan.of(TrainingTask.of(GPT2, AdamW.usual(), 8), USUAL.with(Recompute.BLOCKS));
        assertThat(again.activations()).isLessThan(plain.activations() / 5);
        assertThat(again.weights()).isEqualTo(plain.weights());
        assertThat(MemoryPlan.of(TrainingTask.of(GPT2, AdamW.usual(), 8), USUAL.withDropout(0.1f, 1))
                        .activations())
                .isGreaterThan(plain.activations());
    }

    @Test
    void countsWhatEachDeviceHoldsAndWhatTheySendEachOther() {
        MemoryPlan one = MemoryPlan.of(TrainingTask.of(GPT2, AdamW.usual(), 8), USUAL);
        MemoryPlan two = MemoryPlan.of(TrainingTask.of(GPT2, AdamW.usual(), 8), USUAL, 2, 2);
        assertThat(two.weights()).isEqualTo(2 * one.weights());
        assertThat(two.gradients()).isEqualTo(2 * 2 * one.gradients());
        assertThat(two.activations()).isEqualTo(one.activations());

        MemoryPlan ofTwo = MemoryPlan.of(TrainingTask.of(GPT2, AdamW.usual(), 8), USUAL, 1, 2);
        assertThat(ofTwo.weights()).isEqualTo(one.weights());
        assertThat(ofTwo.activations()).isEqualTo(one.activations() / 2);
        assertThat(ofTwo.gradients()).isEqualTo(2 * one.gradients());
    }

    /** The first is nanoGPT's smallest, the second its larger one with a tokenizer's vocabulary, the last mostly weights. */
    @ParameterizedTest
    @CsvSource({
        "1024, 64, 4, 4, 128, 12, FLOAT32, NONE, 1, 1",
        "8192, 256, 6, 6, 384, 8, FLOAT32, NONE, 1, 1",
        "8192, 256, 6, 6, 384, 16, BFLOAT16, NONE, 1, 1",
        "8192, 256, 6, 6, 384, 16, FLOAT32, BLOCKS, 2, 1",
        "8192, 256, 6, 6, 384, 8, FLOAT32, NONE, 1, 2",
        "32768, 32, 1, 4, 1024, 1, BFLOAT16, NONE, 1, 1",
    })
    void isWhatAProcessTakes(
            int vocabulary,
            int block,
            int layers,
            int heads,
            int width,
            int batch,
            Precision precision,
            Recompute recompute,
            int parts,
            int devices)
            throws Exception {
        MemoryPlan plan = MemoryPlan.of(
                TrainingTask.of(new GptConfig(vocabulary, block, layers, heads, width), AdamW.usual(), batch),
                USUAL.with(precision).with(recompute).withAccumulation(parts),
                devices,
                devices);

        long measured = PeakMemory.measure(
                vocabulary, block, layers, heads, width, batch, precision, recompute, parts, devices);

        assertThat(plan.process() / (double) measured).isBetween(0.8, 1.25);
    }

    @Test
    void aLlamaHoldsKeysForFewerHeads() {
        LlamaConfig all = new LlamaConfig(32_000, 2048, 16, 32, 32, 2048, 5632);
        LlamaConfig shared = new LlamaConfig(32_000, 2048, 16, 32, 8, 2048, 5632);
        long rows = 2 * 2048;
        assertThat(MemoryPlan.of(TrainingTask.of(all, AdamW.usual(), 2), USUAL).activations()
                        - MemoryPlan.of(TrainingTask.of(shared, AdamW.usual(), 2), USUAL)
                                .activations())
                .isEqualTo(rows * 16 * 2 * 24 * 64 * 4);
    }
}
