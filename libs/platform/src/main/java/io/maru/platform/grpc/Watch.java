package io.maru.platform.grpc;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * A stream of what a table says, for the Watch methods: everything after a sequence number, then each change, until a
 * final item. It looks into the table at intervals, so it needs no memory of its watchers, and works whichever replica
 * makes the change.
 */
public final class Watch {
    private Watch() {}

    /**
     * @param after the sequence number that the caller has seen
     * @param read items with a greater sequence number, in order; runs on a worker thread
     * @param end after this item the stream is complete
     */
    public static <T> Multi<T> stream(
            long after, Duration interval, LongFunction<List<T>> read, ToLongFunction<T> sequence, Predicate<T> end) {
        return Multi.createBy()
                .repeating()
                .uni(() -> new long[] {after}, last -> io.smallrye.mutiny.Uni.createFrom()
                        .item(() -> {
                            List<T> items = read.apply(last[0]);
                            if (!items.isEmpty()) {
                                last[0] = sequence.applyAsLong(items.get(items.size() - 1));
                            }
                            return items;
                        })
                        .runSubscriptionOn(Infrastructure.getDefaultWorkerPool()))
                .withDelay(interval)
                .whilst(items -> items.stream().noneMatch(end))
                .onItem()
                .<T>disjoint()
                .select()
                .first(new UntilAfter<>(end));
    }

    /** {@link #stream} of one resource with a revision: its present state, then each new one. */
    public static <T> Multi<T> resource(
            long afterRevision,
            Duration interval,
            java.util.function.Supplier<T> read,
            ToLongFunction<T> revision,
            Predicate<T> end) {
        return stream(
                afterRevision,
                interval,
                after -> Optional.of(read.get())
                        .filter(item -> revision.applyAsLong(item) > after || end.test(item))
                        .map(List::of)
                        .orElse(List.of()),
                revision,
                end);
    }

    /** True up to and including the first item that ends the stream. */
    private static final class UntilAfter<T> implements Predicate<T> {
        private final Predicate<T> end;
        private boolean ended;

        UntilAfter(Predicate<T> end) {
            this.end = end;
        }

        @Override
        public boolean test(T item) {
            boolean within = !ended;
            ended |= end.test(item);
            return within;
        }
    }
}
