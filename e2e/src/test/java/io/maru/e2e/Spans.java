package io.maru.e2e;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A collector for OpenTelemetry's spans, as services send them by HTTP. It reads the few fields that it needs by their
 * numbers in opentelemetry/proto/trace/v1/trace.proto.
 */
final class Spans implements AutoCloseable {
    private final HttpServer server;
    private final List<Span> received = new CopyOnWriteArrayList<>();

    private Spans(HttpServer server) {
        this.server = server;
    }

    /**
     * One span.
     *
     * @param parent the id of the span that it is below; empty for the first of a trace
     */
    record Span(String service, String trace, String id, String parent, String name) {}

    static Spans collect() throws IOException {
        Spans spans = new Spans(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
        spans.server.createContext("/v1/traces", spans::receive);
        spans.server.start();
        return spans;
    }

    /** What a service needs in its environment to send its spans here. */
    Map<String, String> environment() {
        return Map.of(
                "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "QUARKUS_OTEL_EXPORTER_OTLP_PROTOCOL",
                "http/protobuf",
                "QUARKUS_OTEL_BSP_SCHEDULE_DELAY",
                "500ms");
    }

    /** The first span of that name, once it is there; a span leaves its service when it ends. */
    Span await(String service, String name) {
        Product.await().until(() -> find(service, name).isPresent());
        return find(service, name).orElseThrow();
    }

    private Optional<Span> find(String service, String name) {
        return received.stream()
                .filter(span ->
                        span.service().equals("maru-" + service) && span.name().equals(name))
                .findFirst();
    }

    /** The last one that is here of the spans above {@code from}. */
    Span first(Span from) {
        Span first = from;
        for (Optional<Span> above = parent(first); above.isPresent(); above = parent(first)) {
            first = above.get();
        }
        return first;
    }

    private Optional<Span> parent(Span child) {
        return received.stream()
                .filter(span -> span.trace().equals(child.trace()) && span.id().equals(child.parent()))
                .findFirst();
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            UnknownFieldSet request =
                    UnknownFieldSet.parseFrom(exchange.getRequestBody().readAllBytes());
            for (UnknownFieldSet resourceSpans : messages(request, 1)) {
                String service = service(resourceSpans);
                for (UnknownFieldSet scopeSpans : messages(resourceSpans, 2)) {
                    for (UnknownFieldSet span : messages(scopeSpans, 2)) {
                        received.add(new Span(service, hex(span, 1), hex(span, 2), hex(span, 4), text(span, 5)));
                    }
                }
            }
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private static String service(UnknownFieldSet resourceSpans) throws InvalidProtocolBufferException {
        for (UnknownFieldSet resource : messages(resourceSpans, 1)) {
            for (UnknownFieldSet attribute : messages(resource, 1)) {
                if (text(attribute, 1).equals("service.name")) {
                    return text(messages(attribute, 2).get(0), 1);
                }
            }
        }
        return "";
    }

    private static List<UnknownFieldSet> messages(UnknownFieldSet of, int field) throws InvalidProtocolBufferException {
        List<UnknownFieldSet> messages = new ArrayList<>();
        for (ByteString bytes : of.getField(field).getLengthDelimitedList()) {
            messages.add(UnknownFieldSet.parseFrom(bytes));
        }
        return messages;
    }

    private static String hex(UnknownFieldSet of, int field) {
        return HexFormat.of().formatHex(bytes(of, field).toByteArray());
    }

    private static String text(UnknownFieldSet of, int field) {
        return bytes(of, field).toStringUtf8();
    }

    private static ByteString bytes(UnknownFieldSet of, int field) {
        List<ByteString> values = of.getField(field).getLengthDelimitedList();
        return values.isEmpty() ? ByteString.EMPTY : values.get(0);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
