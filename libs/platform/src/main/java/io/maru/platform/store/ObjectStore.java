package io.maru.platform.store;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.minio.BucketExistsArgs;
import io.minio.CopyObjectArgs;
import io.minio.GetObjectArgs;
import io.minio.ListObjectsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.minio.Result;
import io.minio.SourceObject;
import io.minio.StatObjectArgs;
import io.minio.UploadObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import io.minio.messages.Item;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * The bytes of the platform: one bucket of an S3 store. Objects are immutable: a key is written once, or again with the
 * same content. Every method throws a {@link Refusal}: OBJECT_MISSING, OBJECT_CORRUPT, or OBJECT_STORE_UNAVAILABLE, which
 * is worth another try.
 */
public final class ObjectStore {
    private final MinioClient client;
    private final String bucket;

    public ObjectStore(MinioClient client, String bucket) {
        this.client = client;
        this.bucket = bucket;
    }

    public void createBucketIfAbsent() {
        call("bucket " + bucket, () -> {
            if (!client.bucketExists(BucketExistsArgs.builder().bucket(bucket).build())) {
                client.makeBucket(MakeBucketArgs.builder().bucket(bucket).build());
            }
            return null;
        });
    }

    /** True if the bucket answers: what readiness asks. */
    public boolean isReachable() {
        try {
            return call(
                    "bucket " + bucket,
                    () -> client.bucketExists(
                            BucketExistsArgs.builder().bucket(bucket).build()));
        } catch (Refusal e) {
            return false;
        }
    }

    public StoredObject put(String key, byte[] content) {
        call(
                key,
                () -> client.putObject(PutObjectArgs.builder()
                        .bucket(bucket)
                        .object(key)
                        .data(content, content.length)
                        .build()));
        return new StoredObject(key, content.length, HexFormat.of().formatHex(sha256().digest(content)));
    }

    /** Writes a file of any size; above 5 MiB it goes in parts. */
    public StoredObject put(String key, Path file) {
        String digest = digest(file);
        call(
                key,
                () -> client.uploadObject(UploadObjectArgs.builder()
                        .bucket(bucket)
                        .object(key)
                        .filename(file.toString())
                        .build()));
        try {
            return new StoredObject(key, Files.size(file), digest);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Size in bytes, or nothing where there is no such object. */
    public OptionalLong size(String key) {
        try {
            return OptionalLong.of(call(
                            key,
                            () -> client.statObject(StatObjectArgs.builder()
                                    .bucket(bucket)
                                    .object(key)
                                    .build()))
                    .size());
        } catch (Refusal e) {
            if (e.reason() == CommonReason.OBJECT_MISSING) {
                return OptionalLong.empty();
            }
            throw e;
        }
    }

    /** A stream over the object; the caller closes it. It may throw OBJECT_STORE_UNAVAILABLE as long as it is read. */
    public InputStream open(String key) {
        return new ObjectStream(
                key,
                call(
                        key,
                        () -> client.getObject(GetObjectArgs.builder()
                                .bucket(bucket)
                                .object(key)
                                .build())));
    }

    /** A small object whole, such as a manifest. Larger than {@code most} bytes it is refused as corrupt. */
    public byte[] bytes(String key, int most) {
        try (InputStream in = open(key)) {
            byte[] content = in.readNBytes(most + 1);
            if (content.length > most) {
                throw CommonReason.OBJECT_CORRUPT.because("%s: more than %d bytes (expected: at most that)", key, most);
            }
            return content;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Copies an object into a file, by way of a neighbour that takes its place only when complete.
     *
     * @return what was read, with its digest
     */
    public StoredObject fetch(String key, Path into) {
        return fetch(key, into, object -> {});
    }

    /** {@link #fetch(String, Path)} of an object whose digest is known; other bytes are OBJECT_CORRUPT and leave no file. */
    public StoredObject fetch(String key, Path into, String sha256) {
        return fetch(key, into, object -> {
            if (!object.sha256().equals(sha256)) {
                throw CommonReason.OBJECT_CORRUPT.because(
                        "%s: sha256 is %s (expected: %s)", key, object.sha256(), sha256);
            }
        });
    }

    private StoredObject fetch(String key, Path into, Consumer<StoredObject> check) {
        Path part = into.resolveSibling(into.getFileName() + ".part");
        try {
            Files.createDirectories(into.toAbsolutePath().getParent());
            try {
                StoredObject object;
                try (OutputStream out = Files.newOutputStream(part)) {
                    object = copy(key, out);
                }
                check.accept(object);
                Files.move(part, into, StandardCopyOption.ATOMIC_MOVE);
                return object;
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads an object to its end for its size and digest alone. */
    public StoredObject read(String key) {
        try {
            return copy(key, OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private StoredObject copy(String key, OutputStream out) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(open(key), digest)) {
            long size = in.transferTo(out);
            return new StoredObject(key, size, HexFormat.of().formatHex(digest.digest()));
        }
    }

    /** Copies within the store; no byte passes through here. */
    public void copy(String from, String to) {
        call(
                from,
                () -> client.copyObject(CopyObjectArgs.builder()
                        .bucket(bucket)
                        .object(to)
                        .source(SourceObject.builder()
                                .bucket(bucket)
                                .object(from)
                                .build())
                        .build()));
    }

    /** Keys that begin with {@code prefix}, sorted. */
    public List<String> list(String prefix) {
        return call(prefix, () -> {
            List<String> keys = new ArrayList<>();
            for (Result<Item> item : client.listObjects(ListObjectsArgs.builder()
                    .bucket(bucket)
                    .prefix(prefix)
                    .recursive(true)
                    .build())) {
                keys.add(item.get().objectName());
            }
            keys.sort(null);
            return keys;
        });
    }

    public void delete(String key) {
        call(key, () -> {
            client.removeObject(
                    RemoveObjectArgs.builder().bucket(bucket).object(key).build());
            return null;
        });
    }

    private <T> T call(String key, Call<T> call) {
        try {
            return call.run();
        } catch (MinioException e) {
            throw refusal(key, e);
        } catch (IllegalStateException e) {
            // This is how the client throws what its connection threw.
            if (e.getCause() instanceof IOException || e.getCause() instanceof MinioException) {
                throw refusal(key, (Exception) e.getCause());
            }
            throw e;
        }
    }

    private static Refusal refusal(String key, Exception failure) {
        if (!(failure instanceof ErrorResponseException answer)) {
            return unavailable(key, failure);
        }
        String code = answer.errorResponse().code();
        if (code.equals("NoSuchKey")) {
            return new Refusal(
                    CommonReason.OBJECT_MISSING, key + ": no such object (expected: one in the store)", failure);
        }
        // Whatever it is, a bucket that is not there yet or a wrong secret, it is the operator's to mend.
        return new Refusal(CommonReason.OBJECT_STORE_UNAVAILABLE, key + ": the object store answered " + code, failure);
    }

    private static Refusal unavailable(String key, Exception cause) {
        return new Refusal(CommonReason.OBJECT_STORE_UNAVAILABLE, key + ": the object store did not answer", cause);
    }

    private static String digest(Path file) {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** Tells a store that fails while it is read from a disk that fails beside it. */
    private static final class ObjectStream extends FilterInputStream {
        private final String key;

        ObjectStream(String key, InputStream in) {
            super(in);
            this.key = key;
        }

        @Override
        public int read() {
            try {
                return super.read();
            } catch (IOException e) {
                throw unavailable(key, e);
            }
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            try {
                return super.read(buffer, offset, length);
            } catch (IOException e) {
                throw unavailable(key, e);
            }
        }
    }

    @FunctionalInterface
    private interface Call<T> {
        T run() throws MinioException;
    }
}
