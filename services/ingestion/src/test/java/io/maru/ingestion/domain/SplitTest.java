package io.maru.ingestion.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.maru.formats.Document;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitTest {
    @Test
    void aFractionOfTheDocumentsIsForValidation() {
        long validation = IntStream.range(0, 20_000)
                .mapToObj(i -> Document.of("story " + i))
                .filter(document -> Split.of(document, 0.1) == Split.VALIDATION)
                .count();
        // Five standard deviations of a binomial with p = 0.1.
        assertThat(validation / 20_000.0).isCloseTo(0.1, within(0.011));
    }

    @Test
    void aLargerFractionKeepsWhatASmallerOneTook() {
        for (int i = 0; i < 1_000; i++) {
            Document document = Document.of("story " + i);
            if (Split.of(document, 0.1) == Split.VALIDATION) {
                assertThat(Split.of(document, 0.2)).isEqualTo(Split.VALIDATION);
            }
        }
    }

    @Test
    void theIdsFirstDigitsAreTheNumberThatIsCompared() {
        Document half = new Document("8" + "0".repeat(31), "", new Document.Text("half"));
        assertThat(Split.of(half, 0.5)).isEqualTo(Split.TRAIN);
        assertThat(Split.of(half, Math.nextUp(0.5))).isEqualTo(Split.VALIDATION);
        assertThat(Split.of(new Document("0".repeat(32), "", new Document.Text("zero")), 0))
                .isEqualTo(Split.TRAIN);
    }
}
