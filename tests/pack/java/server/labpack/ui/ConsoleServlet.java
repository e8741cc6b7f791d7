package labpack.ui;

import java.io.InputStream;
import java.net.URL;
import java.net.URLDecoder;
import labpack.admin.Sessions;
import labpack.conf.ServerConf;
import labpack.http.Exchange;
import labpack.http.Servlet;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** /carbon: redirects, the login page, and the web/ folders of every resolved UI bundle (carbon 1.7, real-run 11). */
final class ConsoleServlet implements Servlet {
    private final BundleContext context;

    ConsoleServlet(BundleContext context) {
        this.context = context;
    }

    @Override
    public void serve(Exchange e) throws Exception {
        ServerConf conf = ServerConf.get();
        String path = e.path.substring("/carbon".length());
        if (path.isEmpty() || "/".equals(path) || "/admin/".equals(path)) {
            e.redirect(base(e, conf) + "/carbon/admin/index.jsp");
        } else if ("/admin/index.jsp".equals(path)) {
            if (Sessions.known(e)) {
                e.answer(200, "text/html;charset=UTF-8", page(conf, "lab pack console"));
            } else {
                e.redirect(base(e, conf) + "/carbon/admin/login.jsp");
            }
        } else if ("/admin/login.jsp".equals(path)) {
            new java.io.File(conf.home, "lib/tomcat/work/Catalina/localhost/_/org/apache/jsp").mkdirs();
            e.answer(200, "text/html;charset=UTF-8", page(conf, "<form action='../admin/login_action.jsp' "
                    + "method='post'><input name='username'/><input type='password' name='password'/></form>"));
        } else if ("/admin/login_action.jsp".equals(path)) {
            login(e, conf);
        } else {
            resource(e, path);
        }
    }

    /** Without http, or with a proxy port set, the redirect goes to the proxy's port (real-run 8). */
    private static String base(Exchange e, ServerConf conf) {
        String host = e.header("Host") == null ? "localhost" : e.header("Host");
        String bare = host.replaceAll(":\\d+$", "");
        if (conf.https.proxyPort != 0) {
            return "https://" + bare + (conf.https.proxyPort == 443 ? "" : ":" + conf.https.proxyPort);
        }
        return e.secure() ? "https://" + host : "https://" + bare + ":" + conf.https.port;
    }

    private static String page(ServerConf conf, String inner) {
        return "<html><head><title>" + conf.productName + " (lab pack)</title></head><body><p>lab pack, not WSO2 code"
                + "</p>" + inner + "</body></html>";
    }

    /** A worker's login ends with loginStatus=false: the admin services behind it refuse (real-run 2). */
    private static void login(Exchange e, ServerConf conf) throws Exception {
        String user = "";
        String password = "";
        for (String pair : e.body().split("&")) {
            String[] kv = pair.split("=", 2);
            String value = kv.length == 2 ? URLDecoder.decode(kv[1], "UTF-8") : "";
            if ("username".equals(kv[0])) {
                user = value;
            } else if ("password".equals(kv[0])) {
                password = value;
            }
        }
        boolean in = Sessions.login(e, user, password) && !conf.worker;
        e.redirect(base(e, conf) + (in ? "/carbon/admin/index.jsp?loginStatus=true"
                : "/carbon/admin/login.jsp?loginStatus=false"));
    }

    private void resource(Exchange e, String path) throws Exception {
        for (Bundle b : context.getBundles()) {
            boolean ui = "UIBundle".equals(b.getHeaders().get("Carbon-Component"));
            if (!ui || (b.getState() & (Bundle.RESOLVED | Bundle.STARTING | Bundle.ACTIVE)) == 0 || path.endsWith("/")) {
                continue;
            }
            URL found = b.getEntry("web" + path);
            if (found != null) {
                try (InputStream in = found.openStream()) {
                    e.answer(200, type(path), Exchange.readAll(in));
                }
                return;
            }
        }
        e.answer(404, "text/html", "<html><body><h1>HTTP Status 404</h1></body></html>");
    }

    private static String type(String path) {
        return path.endsWith(".css") ? "text/css" : path.endsWith(".gif") ? "image/gif" : "text/html";
    }
}
