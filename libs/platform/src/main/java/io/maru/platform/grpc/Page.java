package io.maru.platform.grpc;

import io.maru.platform.error.CommonReason;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/**
 * One page of a list that is sorted newest first. The token is the sort key of the last item, so a page neither repeats
 * nor skips an item when new ones arrive (AIP-158).
 *
 * <pre>{@code
 * Page page = Page.of(request.getPageSize(), request.getPageToken());
 * List<Corpus> found = corpora.list(page.after(), page.size() + 1);   // one more than the page holds
 * Page.Result<Corpus> result = page.cut(found, Corpus::sequence);
 * }</pre>
 */
public record Page(int size, long after) {
    public static final int MAX_SIZE = 1_000;
    private static final int DEFAULT_SIZE = 50;
    /** Stands before every item: where the first page begins. */
    public static final long START = Long.MAX_VALUE;

    /** @throws io.maru.platform.error.Refusal where the size is negative or too large, or the token is not one of ours */
    public static Page of(int size, String token) {
        if (size < 0 || size > MAX_SIZE) {
            throw CommonReason.INVALID_ARGUMENT.because("page_size: %d (expected: 0 to %d)", size, MAX_SIZE);
        }
        return new Page(size == 0 ? DEFAULT_SIZE : size, token.isEmpty() ? START : decode(token));
    }

    /** @param found at most {@link #size} + 1 items */
    public <T> Result<T> cut(List<T> found, Function<T, Long> key) {
        if (found.size() <= size) {
            return new Result<>(found, "");
        }
        List<T> items = found.subList(0, size);
        return new Result<>(items, encode(key.apply(items.get(size - 1))));
    }

    private static String encode(long key) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Long.toString(key).getBytes(StandardCharsets.US_ASCII));
    }

    private static long decode(String token) {
        try {
            return Long.parseLong(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException e) {
            throw CommonReason.INVALID_PAGE_TOKEN.because(
                    "page_token: not readable (expected: next_page_token of an earlier answer)");
        }
    }

    /** @param nextToken empty on the last page */
    public record Result<T>(List<T> items, String nextToken) {}
}
