package labpack.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** One request and its answer, with the few helpers that the servlets here need. */
public final class Exchange {
    public final HttpExchange raw;
    public final String path;
    private String body;

    public Exchange(HttpExchange raw) {
        this.raw = raw;
        this.path = raw.getRequestURI().getPath();
    }

    public boolean secure() {
        return raw instanceof HttpsExchange;
    }

    public String method() {
        return raw.getRequestMethod();
    }

    public String query() {
        String q = raw.getRequestURI().getQuery();
        return q == null ? "" : q;
    }

    public String header(String name) {
        return raw.getRequestHeaders().getFirst(name);
    }

    public String body() throws Exception {
        if (body == null) {
            body = new String(readAll(raw.getRequestBody()), StandardCharsets.UTF_8);
        }
        return body;
    }

    public static byte[] readAll(InputStream in) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            out.write(buffer, 0, n);
        }
        return out.toByteArray();
    }

    /** user:password of a Basic header, or null. */
    public String credentials() {
        String a = header("Authorization");
        if (a == null || !a.startsWith("Basic ")) {
            return null;
        }
        try {
            return new String(Base64.getDecoder().decode(a.substring(6).trim()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notBase64) {
            return ":";
        }
    }

    public String cookie(String name) {
        String all = header("Cookie");
        if (all != null) {
            for (String one : all.split(";")) {
                String[] kv = one.trim().split("=", 2);
                if (kv.length == 2 && kv[0].equals(name)) {
                    return kv[1];
                }
            }
        }
        return null;
    }

    public void set(String name, String value) {
        raw.getResponseHeaders().set(name, value);
    }

    public void empty(int status) throws Exception {
        body();
        raw.getResponseHeaders().set("Server", "WSO2 Carbon Server");
        raw.sendResponseHeaders(status, -1);
        raw.close();
    }

    public void answer(int status, String type, byte[] content) throws Exception {
        body();
        raw.getResponseHeaders().set("Server", "WSO2 Carbon Server");
        raw.getResponseHeaders().set("Content-Type", type);
        boolean head = "HEAD".equals(method());
        raw.sendResponseHeaders(status, head || content.length == 0 ? -1 : content.length);
        if (!head && content.length > 0) {
            raw.getResponseBody().write(content);
        }
        raw.close();
    }

    public void answer(int status, String type, String content) throws Exception {
        answer(status, type, content.getBytes(StandardCharsets.UTF_8));
    }

    public void redirect(String location) throws Exception {
        set("Location", location);
        empty(302);
    }
}
