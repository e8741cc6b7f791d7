package labpack.admin;

import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import labpack.conf.ServerConf;
import labpack.http.Exchange;
import labpack.log.Log;

/** Who has logged in, by cookie, and the one account of user-mgt.xml. */
public final class Sessions {
    private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();

    private Sessions() {}

    public static boolean known(Exchange e) {
        String id = e.cookie("JSESSIONID");
        return id != null && OPEN.contains(id);
    }

    /** Opens a session and sets its cookie; each refused try is a WARN line (real-run 11). */
    public static boolean login(Exchange e, String user, String password) throws Exception {
        ServerConf conf = ServerConf.get();
        String type = "org.wso2.carbon.core.services.util.CarbonAuthenticationUtil";
        if (!conf.adminUser.equals(user) || !conf.adminPassword.equals(password)) {
            Log.warn(type, "Failed Administrator login attempt '" + user + "[-1234]' at ["
                    + now() + "]");
            return false;
        }
        String id = UUID.randomUUID().toString().replace("-", "").toUpperCase();
        OPEN.add(id);
        e.set("Set-Cookie", "JSESSIONID=" + id + "; Path=/; Secure; HttpOnly");
        Log.info(type, "'" + user + "@carbon.super [-1234]' logged in at [" + now() + "]");
        return true;
    }

    private static String now() {
        return new java.text.SimpleDateFormat("yyyy-MM-dd HH:mm:ss,SSSZ").format(new java.util.Date());
    }
}
