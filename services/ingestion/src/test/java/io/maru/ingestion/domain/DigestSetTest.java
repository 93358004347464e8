package io.maru.ingestion.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.Refusal;
import java.util.HashSet;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DigestSetTest {
    @Test
    void agreesWithAHashSet() {
        Random random = new Random(3);
        DigestSet digests = new DigestSet(Integer.MAX_VALUE);
        Set<String> expected = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            // Few high and few low halves, so that many digests share one of them.
            String digest = String.format(
                    Locale.ROOT, "%016x%016x", random.nextInt(100) * 0x9E3779B97F4A7C15L, random.nextInt(100) - 50L);
            assertThat(digests.add(digest)).isEqualTo(expected.add(digest));
        }
        assertThat(digests.size()).isEqualTo(expected.size());
    }

    @Test
    void refusesOneMoreThanItMayHold() {
        DigestSet digests = new DigestSet(2);
        digests.add(String.format(Locale.ROOT, "%032x", 1));
        digests.add(String.format(Locale.ROOT, "%032x", 2));
        assertThat(digests.add(String.format(Locale.ROOT, "%032x", 2))).isFalse();
        assertThatThrownBy(() -> digests.add(String.format(Locale.ROOT, "%032x", 3)))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(IngestionReason.TOO_MANY_DOCUMENTS));
    }
}
