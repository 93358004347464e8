package io.maru.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTest {
    @Test
    void pagesNeitherRepeatNorSkipWhileNewItemsArrive() {
        List<Long> table = new ArrayList<>(List.of(1L, 2L, 3L, 4L, 5L));
        List<Long> seen = new ArrayList<>();

        String token = "";
        do {
            Page page = Page.of(2, token);
            Page.Result<Long> result = page.cut(newestFirst(table, page), Function.identity());
            assertThat(result.items()).hasSizeLessThanOrEqualTo(2);
            seen.addAll(result.items());
            token = result.nextToken();
            table.add(table.size() + 1L);
        } while (!token.isEmpty());

        assertThat(seen).containsExactly(5L, 4L, 3L, 2L, 1L);
    }

    @Test
    void aPageThatHoldsAllIsTheLast() {
        assertThat(Page.of(3, "").cut(List.of(3L, 2L, 1L), Function.identity()))
                .isEqualTo(new Page.Result<>(List.of(3L, 2L, 1L), ""));
        assertThat(Page.of(3, "").cut(List.<Long>of(), Function.identity()).nextToken())
                .isEmpty();
    }

    @Test
    void theFirstPageBeginsBeforeTheNewest() {
        assertThat(Page.of(1, "").after()).isEqualTo(Page.START);
    }

    @Test
    void aCallerWhoNamesNoSizeGetsAUsualOne() {
        assertThat(Page.of(0, "").size()).isBetween(1, Page.MAX_SIZE);
        assertThat(Page.of(Page.MAX_SIZE, "").size()).isEqualTo(Page.MAX_SIZE);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Page.MAX_SIZE + 1, Integer.MIN_VALUE})
    void otherSizesAreRefused(int size) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> Page.of(size, ""))
                .withMessage("page_size: " + size + " (expected: 0 to " + Page.MAX_SIZE + ")")
                .extracting(Refusal::reason)
                .isEqualTo(CommonReason.INVALID_ARGUMENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "MTIz=", "eA", "page 2", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"})
    void aTokenOfSomebodyElseIsRefused(String token) {
        assertThatExceptionOfType(Refusal.class)
                .isThrownBy(() -> Page.of(1, token))
                .extracting(Refusal::reason)
                .isEqualTo(CommonReason.INVALID_PAGE_TOKEN);
    }

    private static List<Long> newestFirst(List<Long> table, Page page) {
        return LongStream.rangeClosed(1, table.size())
                .map(i -> table.size() + 1 - i)
                .filter(sequence -> sequence < page.after())
                .limit(page.size() + 1L)
                .boxed()
                .toList();
    }
}
