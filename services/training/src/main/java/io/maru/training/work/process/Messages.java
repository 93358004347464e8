package io.maru.training.work.process;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.maru.formats.SealedFile;
import io.maru.model.cluster.Cluster;
import io.maru.model.data.Batch;
import io.maru.training.work.process.message.Packing;
import io.maru.training.work.process.message.StoredFile;
import io.maru.training.work.process.message.TokenBatch;
import io.maru.training.work.process.message.Workers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;

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

    static TokenBatch of(Batch batch) {
        TokenBatch.Builder message =
                TokenBatch.newBuilder().setIds(bytes(batch.ids())).setTargets(bytes(batch.targets()));
        batch.weights().ifPresent(weights -> message.setWeights(bytes(weights)));
        batch.packing()
                .ifPresent(texts -> message.setPacking(Packing.newBuilder()
                        .setSegments(bytes(texts.segments()))
                        .setPositions(bytes(texts.positions()))));
        return message.build();
    }

    static Batch batch(TokenBatch message) {
        return new Batch(
                ints(message.getIds()),
                ints(message.getTargets()),
                message.hasWeights() ? Optional.of(floats(message.getWeights())) : Optional.empty(),
                message.hasPacking()
                        ? Optional.of(new Batch.Packing(
                                ints(message.getPacking().getSegments()),
                                ints(message.getPacking().getPositions())))
                        : Optional.empty());
    }

    private static ByteString bytes(int[] values) {
        ByteBuffer bytes = littleEndian(values.length);
        bytes.asIntBuffer().put(values);
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    private static ByteString bytes(float[] values) {
        ByteBuffer bytes = littleEndian(values.length);
        bytes.asFloatBuffer().put(values);
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    private static ByteBuffer littleEndian(int values) {
        return ByteBuffer.allocate(Math.multiplyExact(values, Integer.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int[] ints(ByteString bytes) {
        int[] values = new int[bytes.size() / Integer.BYTES];
        bytes.asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(values);
        return values;
    }

    private static float[] floats(ByteString bytes) {
        float[] values = new float[bytes.size() / Float.BYTES];
        bytes.asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
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
