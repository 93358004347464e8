package io.maru.training.work.process;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.maru.formats.SealedFile;
import io.maru.model.cluster.Cluster;
import io.maru.training.work.process.message.StoredFile;
import io.maru.training.work.process.message.TokenBatch;
import io.maru.training.work.process.message.Workers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

/** Turns what a service and its trainer process say to each other into messages, and back. */
final class Messages {
    private Messages() {}

    static Workers of(Cluster cluster) {
        return Workers.newBuilder()
                .addAllAddresses(cluster.addresses())
                .setRank(cluster.rank())
                .setLimitMillis(cluster.limit().toMillis())
                .build();
    }

    static Cluster cluster(Workers workers) {
        return new Cluster(workers.getAddressesList(), workers.getRank(), Duration.ofMillis(workers.getLimitMillis()));
    }

    static TokenBatch batch(int[] ids, int[] targets) {
        return TokenBatch.newBuilder()
                .setIds(bytes(ids))
                .setTargets(bytes(targets))
                .build();
    }

    private static ByteString bytes(int[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Integer.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    static int[] ints(ByteString bytes) {
        int[] values = new int[bytes.size() / Integer.BYTES];
        bytes.asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(values);
        return values;
    }

    static StoredFile of(SealedFile file) {
        return StoredFile.newBuilder()
                .setSize(file.size())
                .setSha256(file.sha256())
                .build();
    }

    static SealedFile file(StoredFile file) {
        return new SealedFile(file.getSize(), file.getSha256());
    }
}
